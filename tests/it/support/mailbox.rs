//! What people were told outside the pages: `app.mailbox.latest_to("alice@mail.example.gov.tw")`.
//!
//! No transport exists: a story reads the outbox, and the words that a transport would send.

use fuxin::app::App;
use fuxin::message::text::Text;
use fuxin::model::message::Message;

/// More than any story writes.
const ALL: u32 = 1000;

/// The mailboxes and telephones of everybody.
#[derive(Clone)]
pub struct Mailbox(App);

/// A mail or an SMS.
#[derive(Debug)]
pub struct Letter {
    /// What is in the outbox.
    pub message: Message,
    /// Its subject; an SMS has none.
    pub subject: Option<String>,
    /// Its body.
    pub body: String,
}

impl Mailbox {
    pub fn new(app: &App) -> Self {
        Self(app.clone())
    }

    /// Everything that was written, newest first.
    pub async fn all(&self) -> Vec<Letter> {
        let messages = self.0.provider().store.latest_messages(ALL).await.unwrap();
        let letter = |message: Message| {
            let Text { subject, body } = Text::of(&message, self.0.service_desk());
            Letter { message, subject, body }
        };
        messages.into_iter().map(letter).collect()
    }

    /// The newest to this address or number.
    pub async fn latest_to(&self, address: &str) -> Option<Letter> {
        self.all().await.into_iter().find(|letter| letter.message.recipient.address() == address)
    }

    /// The newest to this address or number; there is one.
    pub async fn read(&self, address: &str) -> Letter {
        self.latest_to(address).await.unwrap_or_else(|| panic!("{address} was told nothing"))
    }
}
