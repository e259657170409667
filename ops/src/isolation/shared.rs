//! The tables without a tenant: each with the reason why it may do without, what the roles may do to it, and, where it holds
//! rows of people, what one tenant's session reaches of the other's people. A table that is not listed is a fault.

use super::probe::{Tried, writable};
use super::{Claim, People, Role, catalogue};
use crate::OpsError;
use crate::database::Session;

/// What the rows of such a table are.
#[derive(Debug, Clone, Copy)]
enum Rows {
    /// The same for everybody, and nobody's secret: what the roles may do says it all.
    Common,
    /// The register of tenants, which everybody may read and a platform admin alone may write.
    Register,
    /// A person's, whom this column names.
    OfPerson(&'static str),
    /// Seen by whoever holds the secret that they are found by, and by nobody without one.
    Held,
}

#[derive(Debug)]
struct Shared {
    table: &'static str,
    why: &'static str,
    rows: Rows,
    /// All that the web server's role may do to it, and all that the worker's may.
    may: [&'static str; 2],
    /// What the worker sees of it outside of every tenant.
    finds: Option<&'static str>,
}

const READ: &str = "SELECT";
const ALL: &str = "SELECT INSERT UPDATE DELETE";
const EXPIRED: Option<&str> = Some("expires_at < now()");

const fn common(table: &'static str, why: &'static str, may: [&'static str; 2]) -> Shared {
    Shared {
        table,
        why,
        rows: Rows::Common,
        may,
        finds: None,
    }
}

const fn secret(
    table: &'static str,
    rows: Rows,
    may: [&'static str; 2],
    finds: Option<&'static str>,
) -> Shared {
    let why = match rows {
        Rows::OfPerson(_) => {
            "a person may work for several tenants, and one sees what is one's own or a colleague's"
        }
        _ => "looked for by a secret before anybody is known, and seen by whoever holds it",
    };
    Shared {
        table,
        why,
        rows,
        may,
        finds,
    }
}

const SHARED: [Shared; 21] = [
    common("apalis._sqlx_migrations", "the queue's own", ["", ALL]),
    common(
        "apalis.jobs",
        "what wakes the worker: a tenant and a row of it by their ids, opened in a transaction of that tenant's",
        ["SELECT INSERT", ALL],
    ),
    common("apalis.workers", "which workers are alive", ["", ALL]),
    common(
        "__diesel_schema_migrations",
        "the migrations that ran",
        [READ, READ],
    ),
    common(
        "eway_thresholds",
        "the law is the same for everybody",
        [READ, READ],
    ),
    common(
        "tax_classes",
        "the law is the same for everybody",
        [READ, READ],
    ),
    common(
        "tax_rates",
        "the law is the same for everybody",
        [READ, READ],
    ),
    common(
        "whatsapp_error_classes",
        "the provider's codes are the same for everybody",
        [READ, READ],
    ),
    common(
        "account_mails",
        "mails to people about their accounts, which web hands in and cannot read",
        ["INSERT", ALL],
    ),
    common(
        "request_counts",
        "networks and numbers, counted before anybody is known",
        ["SELECT INSERT UPDATE", "SELECT DELETE"],
    ),
    Shared {
        table: "tenants",
        why: "the register: name and short name, which a platform admin keeps",
        rows: Rows::Register,
        may: ["SELECT INSERT UPDATE", READ],
        finds: None,
    },
    secret(
        "users",
        Rows::OfPerson("id"),
        ["SELECT INSERT UPDATE", READ],
        None,
    ),
    secret("second_factors", Rows::OfPerson("user_id"), [ALL, ""], None),
    secret(
        "recovery_codes",
        Rows::OfPerson("user_id"),
        ["SELECT INSERT DELETE", ""],
        None,
    ),
    secret(
        "sessions",
        Rows::OfPerson("user_id"),
        [ALL, "SELECT DELETE"],
        EXPIRED,
    ),
    secret(
        "account_links",
        Rows::OfPerson("user_id"),
        ["SELECT INSERT DELETE", "SELECT DELETE"],
        EXPIRED,
    ),
    secret(
        "email_changes",
        Rows::OfPerson("user_id"),
        ["SELECT INSERT DELETE", "SELECT DELETE"],
        EXPIRED,
    ),
    secret(
        "pending_sign_ins",
        Rows::OfPerson("user_id"),
        ["SELECT INSERT DELETE", "SELECT DELETE"],
        EXPIRED,
    ),
    secret(
        "access_tokens",
        Rows::Held,
        ["INSERT", "SELECT DELETE"],
        EXPIRED,
    ),
    secret(
        "rotated_tokens",
        Rows::Held,
        ["INSERT", "SELECT DELETE"],
        EXPIRED,
    ),
    secret(
        "sign_in_tries",
        Rows::Held,
        ["SELECT INSERT UPDATE", "SELECT DELETE"],
        Some("failed_at < now() - interval '24 hours'"),
    ),
];

/// A claim for each table there is that has no tenant, and a fault for each that nobody has a reason for.
pub(super) async fn claims(
    sessions: &mut [(Role, Session)],
    owner: &mut Session,
    people: &People,
) -> Result<Vec<Claim>, OpsError> {
    let mut claims = Vec::new();
    for table in catalogue::other_tables(owner).await? {
        let Some(shared) = SHARED.iter().find(|shared| shared.table == table) else {
            let line =
                format!("NO  {table}: is no table of tenants, and there is no reason for it");
            claims.push(Claim { holds: false, line });
            continue;
        };
        let mut found = Tried::default();
        for (role, session) in &mut *sessions {
            shared.ask_what_it_may(*role, session, &mut found).await?;
            shared.try_rows(*role, session, people, &mut found).await?;
        }
        claims.push(found.claim(&table, &format!("has no tenant: {}", shared.why)));
    }
    Ok(claims)
}

impl Shared {
    /// Exactly what is listed, in any column.
    async fn ask_what_it_may(
        &self,
        role: Role,
        session: &mut Session,
        found: &mut Tried,
    ) -> Result<(), OpsError> {
        let sql = format!(
            "SELECT p AS line FROM unnest(ARRAY['SELECT', 'INSERT', 'UPDATE', 'DELETE', 'TRUNCATE', 'REFERENCES', 'TRIGGER']) WITH ORDINALITY AS x (p, n) \
             WHERE has_table_privilege('{0}', p) OR (p IN ('SELECT', 'INSERT', 'UPDATE', 'REFERENCES') AND has_any_column_privilege('{0}', p)) ORDER BY n",
            self.table
        );
        let may = session.lines(&sql).await?.join(" ");
        let [user, worker] = self.may;
        let wanted = match role {
            Role::User => user,
            Role::Worker => worker,
        };
        if may != wanted {
            found.reached(&format!("{} may {may} and not {wanted}", role.name()));
        }
        Ok(())
    }

    /// As one of the tenant's own people, in their transaction and outside of any.
    async fn try_rows(
        &self,
        role: Role,
        session: &mut Session,
        people: &People,
        found: &mut Tried,
    ) -> Result<(), OpsError> {
        let theirs = match self.rows {
            Rows::Common => return Ok(()),
            Rows::Register | Rows::Held => "true".to_owned(),
            Rows::OfPerson(column) => format!("{column} = ANY ('{{{}}}')", people.theirs.join(",")),
        };
        let (name, who) = (self.table, role.name());
        let mut ways = vec![(
            format!("{who} deletes theirs"),
            format!("DELETE FROM {name} WHERE {theirs}"),
        )];
        if let Some(column) = writable(session, name).await?.first() {
            ways.push((
                format!("{who} changes theirs"),
                format!("UPDATE {name} SET {column} = {column} WHERE {theirs}"),
            ));
        }
        let is_register = matches!(self.rows, Rows::Register);
        if !is_register {
            let read = format!("SELECT 1 FROM {name} WHERE {theirs}");
            ways.push((format!("{who} reads theirs"), read));
        }
        for (way, sql) in &ways {
            session.begin_in(people.tenant).await?;
            if let Some(own) = &people.own {
                session
                    .run(&format!("SET LOCAL app.actor_id = '{own}'"))
                    .await?;
            }
            let answer = session.tried(sql).await;
            session.rollback().await?;
            found.judge(way, answer);
        }
        if is_register {
            return Ok(());
        }
        let finds = match role {
            Role::User => "false",
            Role::Worker => self.finds.unwrap_or("false"),
        };
        session.run("BEGIN").await?;
        let sql = format!("SELECT 1 FROM {name} WHERE ({finds}) IS NOT TRUE");
        let nobodys = session.tried(&sql).await;
        session.rollback().await?;
        found.judge(&format!("{who} reads without a tenant"), nobodys);
        Ok(())
    }
}
