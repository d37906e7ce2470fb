//! What the clients hold: ids, secrets, passwords, cookies and tokens, in a file that the server never sees.
//!
//! `fill` writes it once; a run notes in a second file which refresh tokens were renewed, so that the next run presents
//! the newest and nothing looks like a theft.

use std::collections::HashMap;
use std::fs;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use crate::{Outcome, below};

const NAME: &str = "ledger.tsv";
const RENEWED: &str = "renewed.tsv";
const SPENT: &str = "-";

/// A relying party.
#[derive(Clone, Debug)]
pub struct Client {
    /// Its `client_id`.
    pub id: String,
    /// Its secret.
    pub secret: String,
    /// Where its answers go.
    pub redirect_uri: String,
}

/// Someone who can sign in.
#[derive(Clone, Debug)]
pub struct Account {
    /// The account name.
    pub name: String,
    /// The password.
    pub password: String,
}

/// What a client was given about someone.
#[derive(Clone, Debug)]
pub struct Grant {
    /// Whose: an index into the clients.
    pub client: usize,
    /// The first refresh token.
    pub refresh_token: String,
    /// An access token that outlives the measurement.
    pub access_token: String,
}

/// One line of the ledger.
#[derive(Clone, Debug)]
pub enum Entry {
    /// A relying party.
    Client(Client),
    /// A service whose access tokens are JWTs.
    JwtClient(Client),
    /// A person.
    Account(Account),
    /// The secret of a browser's session.
    Session(String),
    /// A grant.
    Grant(Grant),
}

/// A ledger in memory. Rows are chosen at random; a refresh token is lent to one at a time.
#[derive(Debug)]
pub struct Ledger {
    folder: PathBuf,
    clients: Vec<Client>,
    jwt_clients: Vec<Client>,
    accounts: Vec<Account>,
    sessions: Vec<String>,
    grants: Vec<Grant>,
    /// Grants whose first refresh token was used: the newest one, or `None` while it is lent and after it was revoked.
    renewed: Mutex<HashMap<usize, Option<String>>>,
}

/// A grant that nobody else renews at this moment.
#[derive(Clone, Debug)]
pub struct Lent {
    index: usize,
    /// Whose: an index into the clients.
    pub client: usize,
    /// The newest refresh token.
    pub refresh_token: String,
}

/// Writes a new ledger.
#[derive(Debug)]
pub struct LedgerFile(BufWriter<fs::File>);

impl LedgerFile {
    /// Begins the ledger of a deployment's folder.
    pub fn create(folder: &Path) -> Outcome<Self> {
        Ok(Self(BufWriter::with_capacity(1 << 20, fs::File::create(folder.join(NAME))?)))
    }

    /// Adds a line.
    pub fn add(&mut self, entry: &Entry) -> Outcome {
        match entry {
            Entry::Client(client) => {
                writeln!(self.0, "c\t{}\t{}\t{}", client.id, client.secret, client.redirect_uri)?;
            }
            Entry::JwtClient(client) => {
                writeln!(self.0, "j\t{}\t{}\t{}", client.id, client.secret, client.redirect_uri)?;
            }
            Entry::Account(account) => {
                writeln!(self.0, "a\t{}\t{}", account.name, account.password)?;
            }
            Entry::Session(secret) => writeln!(self.0, "s\t{secret}")?,
            Entry::Grant(grant) => writeln!(
                self.0,
                "g\t{}\t{}\t{}",
                grant.client, grant.refresh_token, grant.access_token
            )?,
        }
        Ok(())
    }

    /// Writes what is left.
    pub fn finish(mut self) -> Outcome {
        Ok(self.0.flush()?)
    }
}

impl Ledger {
    /// Reads a folder's ledger and what was renewed since.
    pub fn read(folder: &Path) -> Outcome<Self> {
        let mut ledger = Self {
            folder: folder.to_owned(),
            clients: Vec::new(),
            jwt_clients: Vec::new(),
            accounts: Vec::new(),
            sessions: Vec::new(),
            grants: Vec::new(),
            renewed: Mutex::default(),
        };
        for line in fs::read_to_string(folder.join(NAME))?.lines() {
            ledger.read_line(line).ok_or_else(|| format!("{NAME}: a line is damaged: {line}"))?;
        }
        if ledger.clients.is_empty() || ledger.sessions.is_empty() || ledger.grants.is_empty() {
            return Err(format!("{NAME} is not whole: fill again").into());
        }
        if let Ok(text) = fs::read_to_string(folder.join(RENEWED)) {
            let mut renewed = HashMap::new();
            for line in text.lines() {
                let (index, token) = line.split_once('\t').ok_or(RENEWED)?;
                renewed.insert(index.parse()?, (token != SPENT).then(|| token.to_owned()));
            }
            ledger.renewed = Mutex::new(renewed);
        }
        Ok(ledger)
    }

    fn read_line(&mut self, line: &str) -> Option<()> {
        let mut fields = line.split('\t');
        let kind = fields.next()?;
        let mut text = || fields.next().map(str::to_owned);
        match kind {
            "c" | "j" => {
                let client = Client { id: text()?, secret: text()?, redirect_uri: text()? };
                let clients = if kind == "c" { &mut self.clients } else { &mut self.jwt_clients };
                clients.push(client);
            }
            "a" => self.accounts.push(Account { name: text()?, password: text()? }),
            "s" => self.sessions.push(text()?),
            "g" => self.grants.push(Grant {
                client: text()?.parse().ok()?,
                refresh_token: text()?,
                access_token: text()?,
            }),
            _ => return None,
        }
        Some(())
    }

    /// How many there are: accounts, clients, sessions, grants.
    pub fn size(&self) -> (usize, usize, usize, usize) {
        (self.accounts.len(), self.clients.len(), self.sessions.len(), self.grants.len())
    }

    /// A client by its index.
    pub fn client(&self, index: usize) -> Outcome<&Client> {
        self.clients.get(index).ok_or_else(|| format!("the ledger has no client {index}").into())
    }

    /// Any client.
    pub fn any_client(&self) -> Outcome<&Client> {
        self.client(below(self.clients.len()))
    }

    /// Any client whose access tokens are JWTs.
    pub fn any_jwt_client(&self) -> Outcome<&Client> {
        let client = self.jwt_clients.get(below(self.jwt_clients.len()));
        client.ok_or_else(|| "the ledger has no client with JWTs: fill again".into())
    }

    /// Any session's secret.
    pub fn any_session(&self) -> Outcome<&str> {
        let session = self.sessions.get(below(self.sessions.len()));
        session.map(String::as_str).ok_or_else(|| "the ledger has no sessions".into())
    }

    /// Any person.
    pub fn any_account(&self) -> Outcome<&Account> {
        self.account(below(self.accounts.len()))
    }

    /// A person by index.
    pub fn account(&self, index: usize) -> Outcome<&Account> {
        self.accounts.get(index).ok_or_else(|| format!("the ledger has no account {index}").into())
    }

    /// The access token of any grant in force, and its client.
    pub fn any_access_token(&self) -> Outcome<(&str, &Client)> {
        loop {
            let index = below(self.grants.len());
            if matches!(self.lock().get(&index), Some(None)) {
                continue;
            }
            let grant = self.grants.get(index).ok_or("the ledger has no grants")?;
            return Ok((&grant.access_token, self.client(grant.client)?));
        }
    }

    /// The newest refresh token of any grant in force, for the borrower alone until it is returned.
    pub fn lend(&self) -> Outcome<Lent> {
        for _ in 0..10_000 {
            let index = below(self.grants.len());
            let grant = self.grants.get(index).ok_or("the ledger has no grants")?;
            let refresh_token = match self.lock().insert(index, None) {
                None => grant.refresh_token.clone(),
                Some(Some(newest)) => newest,
                Some(None) => continue,
            };
            return Ok(Lent { index, client: grant.client, refresh_token });
        }
        Err("hardly a grant is left: fill again".into())
    }

    /// Takes a grant back with its newest refresh token. What is not returned counts as revoked.
    pub fn take_back(&self, lent: Lent) {
        self.lock().insert(lent.index, Some(lent.refresh_token));
    }

    /// Writes what was renewed, for the next run.
    pub fn save(&self) -> Outcome {
        let mut file = BufWriter::new(fs::File::create(self.folder.join(RENEWED))?);
        for (index, token) in self.lock().iter() {
            writeln!(file, "{index}\t{}", token.as_deref().unwrap_or(SPENT))?;
        }
        Ok(file.flush()?)
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<usize, Option<String>>> {
        self.renewed.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
