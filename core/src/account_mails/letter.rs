//! What the mails say, as HTML and as text. No outside references of any kind, so that opening a mail tells nobody anything.

use std::borrow::Cow;

use maud::{DOCTYPE, Markup, html};

// The look of all our mails; mail programs know no style sheets.
pub(crate) const BODY: &str = "margin:0;padding:24px;background:#f4f5f7;font-family:system-ui,-apple-system,'Segoe UI',Roboto,sans-serif;font-size:16px;line-height:1.5;color:#1c2430";
pub(crate) const CARD: &str =
    "max-width:560px;margin:0 auto;padding:24px;background:#ffffff;border:1px solid #dfe3e8";
pub(crate) const BRAND: &str = "margin:0 0 16px;font-size:14px;color:#52606d";
pub(crate) const TITLE: &str = "margin:0 0 12px;font-size:20px;line-height:1.3";
pub(crate) const BUTTON: &str = "display:inline-block;padding:10px 18px;background:#0b5cad;color:#ffffff;text-decoration:none;font-weight:600";

const SENDER: &str = "Vitaran";

/// What a mail says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Letter {
    pub subject: String,
    pub text: String,
    pub html: String,
}

struct Content {
    subject: Cow<'static, str>,
    paragraphs: Vec<Cow<'static, str>>,
    /// Label and address.
    link: Option<(&'static str, String)>,
}

/// Writes the letter of a kind; `None` for a kind of another release.
pub(super) fn write(
    kind: &str,
    name: &str,
    (secret, about): (Option<&str>, Option<&str>),
    public_url: &str,
) -> Option<Letter> {
    let content = match (kind, secret) {
        ("PASSWORD_CHANGED", _) => Content {
            subject: "Your password was changed".into(),
            paragraphs: vec![
                "The password of your account was changed just now, and all other devices were signed out.".into(),
                "If that was not you, choose a new password at once with “Forgot your password?” on the sign-in page, and tell your administrator.".into(),
            ],
            link: Some(("Sign in", format!("{public_url}/login"))),
        },
        ("TOKENS_COPIED", _) => Content {
            subject: "A program of yours was signed out".into(),
            paragraphs: vec![
                "A token that works once was used a second time. Somebody may have a copy of it, so we ended that sign-in for everybody who has its tokens.".into(),
                "If a program of yours stopped, sign it in again. If you do not know of one, change your password and tell your administrator.".into(),
            ],
            link: Some((
                "See where you are signed in",
                format!("{public_url}/account/sessions"),
            )),
        },
        ("SECOND_FACTOR_ON", _) => Content {
            subject: "Your second factor is on".into(),
            paragraphs: vec![
                "From now on a sign-in to your account asks for a code of your app after the password. All other devices were signed out.".into(),
                "If that was not you, choose a new password at once with “Forgot your password?” on the sign-in page, and ask your administrator to reset the second factor.".into(),
            ],
            link: second_factor_page(public_url),
        },
        ("SECOND_FACTOR_OFF", _) => Content {
            subject: "Your second factor is off".into(),
            paragraphs: vec![
                "The second factor of your account was switched off just now: the password alone opens it.".into(),
                "If that was not you, change your password at once and tell your administrator.".into(),
            ],
            link: second_factor_page(public_url),
        },
        ("SECOND_FACTOR_RESET", _) => Content {
            subject: "Your second factor was reset".into(),
            paragraphs: vec![
                "An administrator took the second factor off your account: the codes of your app and your recovery codes no longer work.".into(),
                "Set it up anew when you next sign in. If you did not ask for this, speak to your administrator at once.".into(),
            ],
            link: second_factor_page(public_url),
        },
        ("RECOVERY_CODE_USED", _) => Content {
            subject: "A recovery code was used".into(),
            paragraphs: vec![
                "Somebody, probably you, signed in to your account with one of your recovery codes. It does not work again.".into(),
                "If that was not you, change your password at once and make new recovery codes.".into(),
            ],
            link: second_factor_page(public_url),
        },
        ("NEW_PASSWORD", Some(secret)) => Content {
            subject: "Choose a new password".into(),
            paragraphs: vec![
                "Somebody, probably you, asked for a new password for your account. The link below works once, for 30 minutes.".into(),
                "If it was not you, do nothing: your password stays as it is.".into(),
            ],
            link: Some((
                "Choose a new password",
                format!("{public_url}/new-password?token={secret}"),
            )),
        },
        ("NEW_EMAIL", Some(secret)) => Content {
            subject: "Confirm your new e-mail".into(),
            paragraphs: vec![
                "Somebody, probably you, wants to sign in with this address from now on. The link below works once, for 24 hours.".into(),
                "If it was not you, do nothing: nothing changes.".into(),
            ],
            link: Some((
                "Confirm the address",
                format!("{public_url}/new-email?token={secret}"),
            )),
        },
        ("EMAIL_CHANGED", _) => Content {
            subject: "Your e-mail was changed".into(),
            paragraphs: vec![
                "Your account has another address to sign in with now, and all other devices were signed out. This one is not used any more.".into(),
                "If that was not you, tell your administrator at once.".into(),
            ],
            link: Some(("Sign in", format!("{public_url}/login"))),
        },
        ("WEBHOOK_OFF", _) => Content {
            subject: "A webhook endpoint was switched off".into(),
            paragraphs: vec![
                format!("We send nothing there any more: {}.", about?).into(),
                "Once it takes deliveries again, switch it on and replay what it missed. What was not delivered is kept for 30 days.".into(),
            ],
            link: Some(("Look at your webhooks", format!("{public_url}/admin/webhooks"))),
        },
        ("DOMAIN_MISSING", _) => Content {
            subject: "The record of your domain is gone".into(),
            paragraphs: vec![
                format!("{} has no TXT record any more that shows that it is yours.", about?).into(),
                "Put the record back within a week. After that the domain no longer leads to you, and whoever signs in there finds nothing.".into(),
            ],
            link: Some(("Look at your domains", format!("{public_url}/admin/domains"))),
        },
        ("DOMAIN_LAPSED", _) => Content {
            subject: "Your domain no longer leads to you".into(),
            paragraphs: vec![
                format!("The TXT record of {} was away for a week: nobody can sign in there any more.", about?).into(),
                "Your people and dealers sign in at the address below meanwhile. Once the record is back, have the domain looked at again, and make it primary again if links are to lead there.".into(),
            ],
            link: Some(("Look at your domains", format!("{public_url}/admin/domains"))),
        },
        ("INVITATION", Some(secret)) => invitation(about?, secret, public_url),
        _ => return None,
    };
    Some(Letter {
        text: text(name, &content),
        html: page(name, &content).into_string(),
        subject: content.subject.into_owned(),
    })
}

fn second_factor_page(public_url: &str) -> Option<(&'static str, String)> {
    let address = format!("{public_url}/account/second-factor");
    Some(("Look at your second factor", address))
}

fn invitation(tenant: &str, secret: &str, public_url: &str) -> Content {
    Content {
        subject: format!("{tenant} invites you").into(),
        paragraphs: vec![
            format!("{tenant} invites you to work with them in {SENDER}, where their orders, stock and invoices are. The link below works once, for seven days.").into(),
            "If you do not know them, do nothing: nothing happens without you.".into(),
        ],
        link: Some((
            "Accept the invitation",
            format!("{public_url}/invitation?token={secret}"),
        )),
    }
}

fn text(name: &str, content: &Content) -> String {
    let mut text = format!("Hello {name},\n\n{}\n", content.paragraphs.join("\n\n"));
    if let Some((label, address)) = &content.link {
        text.push_str(&format!("\n{label}: {address}\n"));
    }
    text
}

fn page(name: &str, content: &Content) -> Markup {
    html! {
        (DOCTYPE)
        html lang="en-IN" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                title { (content.subject) }
            }
            body style=(BODY) {
                div style=(CARD) {
                    p style=(BRAND) { (SENDER) }
                    h1 style=(TITLE) { (content.subject) }
                    p { "Hello " (name) "," }
                    @for paragraph in &content.paragraphs { p { (paragraph) } }
                    @if let Some((label, address)) = &content.link { p { a href=(address) style=(BUTTON) { (label) } } }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const URL: &str = "https://orders.example.in";

    #[test]
    fn the_link_is_in_both_forms_and_a_name_is_escaped() {
        let letter = write("NEW_PASSWORD", "<b>Asha</b>", (Some("s3cret"), None), URL).unwrap();
        let link = "https://orders.example.in/new-password?token=s3cret";
        assert!(
            letter.text.contains(link) && letter.html.contains(link),
            "{letter:?}"
        );
        assert!(letter.text.starts_with("Hello <b>Asha</b>,"));
        assert!(letter.html.contains("&lt;b&gt;Asha"), "{}", letter.html);
    }

    #[test]
    fn no_mail_fetches_anything_when_it_is_opened() {
        for kind in [
            "NEW_PASSWORD",
            "PASSWORD_CHANGED",
            "TOKENS_COPIED",
            "SECOND_FACTOR_ON",
            "SECOND_FACTOR_OFF",
            "SECOND_FACTOR_RESET",
            "RECOVERY_CODE_USED",
            "INVITATION",
            "NEW_EMAIL",
            "EMAIL_CHANGED",
            "WEBHOOK_OFF",
            "DOMAIN_MISSING",
            "DOMAIN_LAPSED",
        ] {
            let html = write(kind, "Asha", (Some("s3cret"), Some("Volt")), URL)
                .unwrap()
                .html;
            for word in ["src=", "url(", "<link", "<img", "@import"] {
                assert!(!html.contains(word), "{word} in {html}");
            }
            assert_eq!(html.matches("http").count(), 1, "the link and nothing else");
        }
    }

    #[test]
    fn an_invitation_names_who_invites_and_cannot_bring_markup() {
        let about = Some("<i>Volt</i> & Sons");
        let letter = write("INVITATION", "a@b.test", (Some("s3cret"), about), URL).unwrap();
        assert_eq!(letter.subject, "<i>Volt</i> & Sons invites you");
        assert!(letter.text.contains("/invitation?token=s3cret"));
        assert!(letter.html.contains("&lt;i&gt;Volt&lt;/i&gt; &amp; Sons"));
    }

    #[test]
    fn a_link_without_its_secret_and_a_kind_of_another_release_are_not_written() {
        assert_eq!(write("NEW_PASSWORD", "Asha", (None, None), URL), None);
        assert_eq!(write("FAX", "Asha", (Some("s3cret"), None), URL), None);
    }
}
