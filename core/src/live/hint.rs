//! What changed, in the few bytes a NOTIFY carries.

use vitaran_kernel::{OrderId, TenantId, UserId};

/// What an open page may be showing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Subject {
    /// One order, and with it every queue of orders.
    Order(OrderId),
    /// The notification log.
    Notifications,
    /// Names of the tenant on the internet.
    Domains,
    /// Sessions of a person, some of which have ended.
    SignIns(UserId),
}

/// One change in one tenant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Hint {
    pub tenant: TenantId,
    pub subject: Subject,
}

impl Hint {
    /// `tenant kind [id]`.
    pub(super) fn encode(&self) -> String {
        match self.subject {
            Subject::Order(id) => format!("{} order {id}", self.tenant),
            Subject::Notifications => format!("{} notifications", self.tenant),
            Subject::Domains => format!("{} domains", self.tenant),
            Subject::SignIns(user) => format!("{} sign-ins {user}", self.tenant),
        }
    }

    pub(super) fn decode(text: &str) -> Option<Self> {
        let mut words = text.split(' ');
        let tenant = words.next()?.parse().ok()?;
        let subject = match (words.next()?, words.next()) {
            ("order", Some(id)) => Subject::Order(id.parse().ok()?),
            ("notifications", None) => Subject::Notifications,
            ("domains", None) => Subject::Domains,
            ("sign-ins", Some(user)) => Subject::SignIns(user.parse().ok()?),
            _ => return None,
        };
        Some(Hint { tenant, subject })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hint_survives_the_wire_and_noise_does_not_become_one() {
        let tenant = TenantId::generate();
        for subject in [
            Subject::Order(OrderId::generate()),
            Subject::Notifications,
            Subject::SignIns(UserId::generate()),
        ] {
            let hint = Hint { tenant, subject };
            assert_eq!(Hint::decode(&hint.encode()), Some(hint));
        }
        for noise in [
            "",
            "x",
            "order",
            &format!("{tenant} order"),
            &format!("{tenant} nothing"),
        ] {
            assert_eq!(Hint::decode(noise), None, "{noise}");
        }
    }
}
