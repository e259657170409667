//! Mails as files in a folder, for machines without a mail server (`SMTP_URL` unset).

use std::path::PathBuf;

use async_trait::async_trait;
use tokio::fs;
use vitaran_core::ports::{Mail, MailError, Mailer, text::bounded_detail};

use super::mail_message::{Sender, compose};

/// Writes `<id>.eml`. A second attempt at the same mail replaces the first, as a good mailbox would.
#[derive(Debug)]
pub struct MailDir {
    folder: PathBuf,
    sender: Sender,
}

impl MailDir {
    #[must_use]
    pub fn new(folder: PathBuf, sender: Sender) -> Self {
        Self { folder, sender }
    }
}

#[async_trait]
impl Mailer for MailDir {
    async fn send(&self, mail: &Mail) -> Result<(), MailError> {
        let written = compose(mail, &self.sender)?.formatted();
        let path = self.folder.join(format!("{}.eml", mail.id));
        let beside = path.with_extension("tmp");
        let kept = async {
            fs::create_dir_all(&self.folder).await?;
            fs::write(&beside, written).await?;
            fs::rename(&beside, &path).await
        };
        kept.await
            .map_err(|error| MailError::Transient(bounded_detail(&error.to_string(), &[])))
    }
}

#[cfg(test)]
mod tests {
    use super::{
        super::mail_message::tests::{mail, sender},
        *,
    };

    #[tokio::test]
    async fn a_mail_is_one_file_however_often_it_is_sent() {
        let folder = std::env::temp_dir().join(format!("vitaran-mail-{}", uuid::Uuid::now_v7()));
        let mailer = MailDir::new(folder.clone(), sender());
        mailer.send(&mail("first")).await.unwrap();
        mailer.send(&mail("second")).await.unwrap();
        let names: Vec<_> = std::fs::read_dir(&folder)
            .unwrap()
            .map(|entry| entry.unwrap().file_name())
            .collect();
        let content = std::fs::read_to_string(folder.join(&names[0])).unwrap();
        std::fs::remove_dir_all(&folder).unwrap();
        assert_eq!(names, ["00000000-0000-0000-0000-000000000007.eml"]);
        assert!(content.contains("Subject: second"), "{content}");
    }

    #[tokio::test]
    async fn a_folder_that_cannot_be_made_is_worth_another_attempt() {
        let mailer = MailDir::new(PathBuf::from("/dev/null/mail"), sender());
        assert!(matches!(
            mailer.send(&mail("x")).await,
            Err(MailError::Transient(_))
        ));
    }
}
