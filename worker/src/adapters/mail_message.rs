//! Writing a [`Mail`] down as a MIME message: the same for the server and for the folder.

use lettre::{
    Address, Message,
    message::{Attachment as MimeAttachment, Mailbox, MultiPart, SinglePart, header::ContentType},
};
use vitaran_core::ports::{Attachment, Mail, MailError, text::bounded_detail};

/// Whom mails come from.
#[derive(Debug, Clone)]
pub struct Sender(Mailbox);

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("MAIL_FROM must look like Vitaran <no-reply@example.in>")]
pub struct SenderError;

impl Sender {
    /// Reads `Name <address>` or a bare address.
    pub fn parse(text: &str) -> Result<Self, SenderError> {
        text.parse().map(Self).map_err(|_| SenderError)
    }
}

/// A mail that cannot be written down is [`MailError::Permanent`].
pub(super) fn compose(mail: &Mail, sender: &Sender) -> Result<Message, MailError> {
    let message = Message::builder()
        .from(sender.0.clone())
        .to(recipient(mail)?)
        .subject(mail.subject.as_str())
        .message_id(Some(format!("<{}@{}>", mail.id, sender.0.email.domain())));
    let text = SinglePart::plain(mail.text.clone());
    let html = mail.html.clone().map(SinglePart::html);
    let written = match (html, mail.attachments.as_slice()) {
        (None, []) => message.singlepart(text),
        (Some(html), []) => {
            message.multipart(MultiPart::alternative().singlepart(text).singlepart(html))
        }
        (None, attachments) => {
            message.multipart(attach(MultiPart::mixed().singlepart(text), attachments)?)
        }
        (Some(html), attachments) => {
            let body = MultiPart::alternative().singlepart(text).singlepart(html);
            message.multipart(attach(MultiPart::mixed().multipart(body), attachments)?)
        }
    };
    written.map_err(unwritable)
}

fn recipient(mail: &Mail) -> Result<Mailbox, MailError> {
    let address: Address = mail.to.as_str().parse().map_err(unwritable)?;
    let name = mail.to_name.as_str();
    Ok(Mailbox::new(
        (!name.is_empty()).then(|| name.to_owned()),
        address,
    ))
}

fn attach(mut parts: MultiPart, attachments: &[Attachment]) -> Result<MultiPart, MailError> {
    for attachment in attachments {
        let media_type = ContentType::parse(attachment.media_type).map_err(unwritable)?;
        let part = MimeAttachment::new(attachment.file_name.to_string())
            .body(attachment.bytes.to_vec(), media_type);
        parts = parts.singlepart(part);
    }
    Ok(parts)
}

fn unwritable(error: impl std::error::Error) -> MailError {
    MailError::Permanent(bounded_detail(&error.to_string(), &[]))
}

#[cfg(test)]
pub(super) mod tests {
    use bytes::Bytes;
    use uuid::Uuid;
    use vitaran_core::ports::{FileName, HeaderText};
    use vitaran_kernel::email::EmailAddress;

    use super::*;

    pub fn sender() -> Sender {
        Sender::parse("Vitaran <no-reply@example.in>").unwrap()
    }

    pub fn mail(subject: &str) -> Mail {
        Mail {
            id: Uuid::from_u128(7),
            to: EmailAddress::parse("ramesh@example.in").unwrap(),
            to_name: HeaderText::new("रमेश Traders"),
            subject: HeaderText::new(subject),
            text: "Your order is on its way.\n.\nBcc: nobody@example.in".to_owned(),
            html: Some("<p>Your order is on its way.</p>".to_owned()),
            attachments: vec![Attachment::pdf(
                FileName::new("VLT/26-27/000123.pdf"),
                Bytes::from_static(b"%PDF-1.7"),
            )],
        }
    }

    fn written(mail: &Mail) -> String {
        String::from_utf8(compose(mail, &sender()).unwrap().formatted()).unwrap()
    }

    fn headers(written: &str) -> Vec<String> {
        let block = written
            .split("\r\n\r\n")
            .next()
            .unwrap()
            .replace("\r\n ", " ")
            .replace("\r\n\t", " ");
        block
            .split("\r\n")
            .map(|line| line.split(':').next().unwrap().to_owned())
            .collect()
    }

    #[test]
    fn a_line_break_in_a_subject_or_a_name_makes_no_header() {
        let mut mail = mail("Hello\r\nBcc: victim@example.in\r\n\r\nbody");
        mail.to_name = HeaderText::new("R\nBcc: victim@example.in");
        let mut names = headers(&written(&mail));
        names.sort();
        let wanted = [
            "Content-Type",
            "Date",
            "From",
            "MIME-Version",
            "Message-ID",
            "Subject",
            "To",
        ];
        assert_eq!(names, wanted);
    }

    #[test]
    fn text_html_and_the_document_are_all_in_it() {
        let written = written(&mail("Order"));
        for part in [
            "multipart/mixed",
            "multipart/alternative",
            "text/plain",
            "text/html",
            "application/pdf",
        ] {
            assert!(written.contains(part), "{part} in {written}");
        }
        assert!(
            written.contains("filename=\"VLT_26-27_000123.pdf\""),
            "{written}"
        );
    }

    #[test]
    fn a_second_attempt_carries_the_same_message_id() {
        let id = "Message-ID: <00000000-0000-0000-0000-000000000007@example.in>";
        assert!(written(&mail("Order")).contains(id));
    }

    #[test]
    fn a_subject_in_an_indian_script_is_encoded_and_the_header_stays_ascii() {
        let written = written(&mail("ऑर्डर भेजा गया ₹1,18,000.00"));
        let head = written.split("\r\n\r\n").next().unwrap();
        assert!(head.is_ascii(), "{head}");
        assert!(head.contains("Subject: =?utf-8?b?"), "{head}");
    }

    #[test]
    fn a_mail_of_text_alone_has_one_part() {
        let mut mail = mail("Order");
        mail.html = None;
        mail.attachments.clear();
        assert!(!written(&mail).contains("multipart"));
    }

    #[test]
    fn a_sender_that_is_no_address_is_refused() {
        for wrong in ["", "Vitaran", "a@b@c", "x <y"] {
            assert!(Sender::parse(wrong).is_err(), "{wrong:?}");
        }
    }
}
