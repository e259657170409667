//! WhatsApp without WhatsApp, for demonstrations and tests: accepts everything and remembers it, or
//! fails as it is told, in every way the true one can.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use async_trait::async_trait;
use vitaran_core::ports::{
    Accepted, AcceptedStatus, ErrorClassTable, MediaFile, MediaId, Outcome, PhoneNumberId,
    SendError, TemplateMessage, WhatsappAccount, WhatsappProvider,
};

/// A demonstration may run for weeks; what lies further back is forgotten.
const MAX_REMEMBERED: usize = 1_000;

/// What the fake does with the next request. Without a script it accepts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FakeAnswer {
    Accept,
    /// An error of Meta's with this code.
    Refuse {
        code: i64,
        http_status: u16,
    },
    /// An answer without a code, as from a machine in between.
    Status(u16),
    /// No connection: certainly not sent.
    Unreachable,
    /// The connection breaks before the answer; the message was accepted or was not.
    LoseAnswer {
        was_accepted: bool,
    },
    /// Silence for so long, then a time-out with the message accepted.
    Hang(Duration),
}

/// A message the fake has accepted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SentMessage {
    pub from: PhoneNumberId,
    pub message_id: String,
    pub message: TemplateMessage,
}

#[derive(Debug, Default)]
struct State {
    sent: VecDeque<SentMessage>,
    uploads: VecDeque<(MediaId, MediaFile)>,
    uploads_made: u64,
    script: VecDeque<FakeAnswer>,
    upload_script: VecDeque<FakeAnswer>,
}

/// Clones share what was sent and what is to come.
#[derive(Debug, Clone, Default)]
pub struct WhatsappFake {
    state: Arc<Mutex<State>>,
    classes: ErrorClassTable,
}

impl WhatsappFake {
    #[must_use]
    pub fn new(classes: ErrorClassTable) -> Self {
        Self {
            state: Arc::default(),
            classes,
        }
    }

    /// The answers to the next messages, after those already asked for.
    pub fn answer_next(&self, answers: impl IntoIterator<Item = FakeAnswer>) {
        self.state().script.extend(answers);
    }

    /// The answers to the next uploads.
    pub fn answer_next_uploads(&self, answers: impl IntoIterator<Item = FakeAnswer>) {
        self.state().upload_script.extend(answers);
    }

    /// The accepted messages, oldest first: at most the last 1,000.
    #[must_use]
    pub fn sent(&self) -> Vec<SentMessage> {
        self.state().sent.iter().cloned().collect()
    }

    /// The documents taken, oldest first: at most the last 1,000.
    #[must_use]
    pub fn uploads(&self) -> Vec<(MediaId, MediaFile)> {
        self.state().uploads.iter().cloned().collect()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Ids tell the notification and how often it was accepted, so that a doubled message shows.
    fn accept(&self, account: &WhatsappAccount, message: &TemplateMessage) -> Accepted {
        let mut state = self.state();
        let is_same = |sent: &&SentMessage| sent.message.notification_id == message.notification_id;
        let count = state.sent.iter().filter(is_same).count();
        let mut message_id = format!("wamid.FAKE{}", message.notification_id);
        if count > 0 {
            message_id = format!("{message_id}.{}", count.saturating_add(1));
        }
        let from = account.phone_number_id.clone();
        remember(
            &mut state.sent,
            SentMessage {
                from,
                message_id: message_id.clone(),
                message: message.clone(),
            },
        );
        Accepted {
            message_id,
            status: AcceptedStatus::Accepted,
        }
    }

    fn error(&self, http_status: Option<u16>, code: Option<i64>, outcome: Outcome) -> SendError {
        SendError {
            class: self.classes.classify_answer(http_status, code),
            code,
            http_status,
            detail: "the fake was told to fail".to_owned(),
            retry_after: None,
            outcome,
        }
    }
}

#[async_trait]
impl WhatsappProvider for WhatsappFake {
    fn needs_account(&self) -> bool {
        false
    }

    async fn upload_media(
        &self,
        _: &WhatsappAccount,
        file: MediaFile,
    ) -> Result<MediaId, SendError> {
        let answer = self
            .state()
            .upload_script
            .pop_front()
            .unwrap_or(FakeAnswer::Accept);
        let failed = |status, code| Err(self.error(status, code, Outcome::NotSent));
        match answer {
            FakeAnswer::Accept => {}
            FakeAnswer::Refuse { code, http_status } => {
                return failed(Some(http_status), Some(code));
            }
            FakeAnswer::Status(http_status) => return failed(Some(http_status), None),
            FakeAnswer::Unreachable | FakeAnswer::LoseAnswer { .. } => return failed(None, None),
            FakeAnswer::Hang(time) => {
                tokio::time::sleep(time).await;
                return failed(None, None);
            }
        }
        let mut state = self.state();
        state.uploads_made = state.uploads_made.saturating_add(1);
        let media_id = MediaId::parse(&format!("FAKE{}", state.uploads_made))
            .map_err(|_| self.error(None, None, Outcome::NotSent))?;
        remember(&mut state.uploads, (media_id.clone(), file));
        Ok(media_id)
    }

    async fn send_template(
        &self,
        account: &WhatsappAccount,
        message: &TemplateMessage,
    ) -> Result<Accepted, SendError> {
        let answer = self
            .state()
            .script
            .pop_front()
            .unwrap_or(FakeAnswer::Accept);
        match answer {
            FakeAnswer::Accept => Ok(self.accept(account, message)),
            FakeAnswer::Refuse { code, http_status } => {
                Err(self.error(Some(http_status), Some(code), Outcome::NotSent))
            }
            FakeAnswer::Status(status) => Err(self.error(Some(status), None, Outcome::NotSent)),
            FakeAnswer::Unreachable => Err(self.error(None, None, Outcome::NotSent)),
            FakeAnswer::LoseAnswer { was_accepted } => {
                if was_accepted {
                    self.accept(account, message);
                }
                Err(self.error(None, None, Outcome::Unknown))
            }
            FakeAnswer::Hang(time) => {
                self.accept(account, message);
                tokio::time::sleep(time).await;
                Err(self.error(None, None, Outcome::Unknown))
            }
        }
    }
}

fn remember<T>(list: &mut VecDeque<T>, item: T) {
    if list.len() == MAX_REMEMBERED {
        list.pop_front();
    }
    list.push_back(item);
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use vitaran_core::ports::{
        AccessToken, BodyText, ErrorClass, FileName, Language, TemplateName,
    };
    use vitaran_kernel::{ids::NotificationId, phone::Phone};

    use super::*;

    fn account() -> WhatsappAccount {
        WhatsappAccount {
            phone_number_id: PhoneNumberId::parse("1").unwrap(),
            token: AccessToken::parse("token").unwrap(),
        }
    }

    fn message() -> TemplateMessage {
        TemplateMessage {
            notification_id: NotificationId::generate(),
            to: Phone::parse("9876543210").unwrap(),
            template: TemplateName::parse("order_approved_v1").unwrap(),
            language: Language::parse("hi").unwrap(),
            document: None,
            body: vec![BodyText::new("x")],
        }
    }

    #[tokio::test]
    async fn it_accepts_and_remembers_and_a_doubled_message_has_another_id() {
        let fake = WhatsappFake::default();
        let provider: Arc<dyn WhatsappProvider> = Arc::new(fake.clone());
        let (one, other) = (message(), message());
        let mut ids = Vec::new();
        for message in [&one, &other, &one] {
            ids.push(
                provider
                    .send_template(&account(), message)
                    .await
                    .unwrap()
                    .message_id,
            );
        }
        let wanted = [
            format!("wamid.FAKE{}", one.notification_id),
            format!("wamid.FAKE{}", other.notification_id),
            format!("wamid.FAKE{}.2", one.notification_id),
        ];
        assert_eq!(ids, wanted);
        assert_eq!(
            fake.sent()
                .iter()
                .map(|sent| &sent.message)
                .collect::<Vec<_>>(),
            [&one, &other, &one]
        );
    }

    #[tokio::test]
    async fn it_fails_in_every_way_it_is_told_and_then_accepts() {
        let fake = WhatsappFake::default();
        let cases = [
            (
                FakeAnswer::Refuse {
                    code: 131_026,
                    http_status: 400,
                },
                ErrorClass::RecipientPermanent,
                Outcome::NotSent,
                0,
            ),
            (
                FakeAnswer::Status(401),
                ErrorClass::PauseChannel,
                Outcome::NotSent,
                0,
            ),
            (
                FakeAnswer::Unreachable,
                ErrorClass::Retry,
                Outcome::NotSent,
                0,
            ),
            (
                FakeAnswer::LoseAnswer {
                    was_accepted: false,
                },
                ErrorClass::Retry,
                Outcome::Unknown,
                0,
            ),
            (
                FakeAnswer::LoseAnswer { was_accepted: true },
                ErrorClass::Retry,
                Outcome::Unknown,
                1,
            ),
            (
                FakeAnswer::Hang(Duration::from_millis(5)),
                ErrorClass::Retry,
                Outcome::Unknown,
                2,
            ),
        ];
        fake.answer_next(cases.map(|(answer, ..)| answer));
        for (answer, class, outcome, sent) in cases {
            let error = fake
                .send_template(&account(), &message())
                .await
                .unwrap_err();
            assert_eq!((error.class, error.outcome), (class, outcome), "{answer:?}");
            assert_eq!(fake.sent().len(), sent, "{answer:?}");
        }
        assert!(fake.send_template(&account(), &message()).await.is_ok());
    }

    #[tokio::test]
    async fn uploads_have_ids_of_their_own_and_their_own_script() {
        let fake = WhatsappFake::default();
        let file = MediaFile {
            file_name: FileName::new("a.pdf"),
            bytes: Bytes::from_static(b"%PDF-"),
        };
        fake.answer_next_uploads([FakeAnswer::Refuse {
            code: 131_053,
            http_status: 400,
        }]);
        let error = fake
            .upload_media(&account(), file.clone())
            .await
            .unwrap_err();
        assert!(error.wants_new_upload());
        let first = fake.upload_media(&account(), file.clone()).await.unwrap();
        let second = fake.upload_media(&account(), file.clone()).await.unwrap();
        assert_ne!(first, second);
        assert_eq!(fake.uploads(), [(first, file.clone()), (second, file)]);
    }
}
