//! A database for each test: migrated once for the process, then stamped.

use std::sync::OnceLock;
use std::time::{Duration, Instant};

use diesel_async::{
    AsyncConnection as _, AsyncPgConnection, RunQueryDsl as _, SimpleAsyncConnection as _,
};
use uuid::Uuid;

/// How long the processes may take to bring the database to where a test waits for it: far longer than they need.
const PATIENCE: Duration = Duration::from_secs(90);
const LOOK_AGAIN: Duration = Duration::from_millis(100);

/// One test's database. It is dropped with the value.
#[derive(Debug)]
pub struct Database {
    name: String,
}

fn env(key: &str) -> Option<String> {
    std::env::var(key).ok()
}

fn admin_url() -> String {
    env("TEST_ADMIN_DATABASE_URL")
        .expect("TEST_ADMIN_DATABASE_URL is not set: run the tests through bin/test")
}

/// The cluster's address with another role and database.
fn url(role: Option<&str>, database: &str) -> String {
    let admin = admin_url();
    let (scheme, rest) = admin.split_once("://").expect("a URL");
    let (credentials, host) = rest.split_once('@').expect("a role in the URL");
    let (host, _) = host.split_once('/').expect("a database in the URL");
    let credentials = match (role, Database::password_of_roles()) {
        (None, _) => credentials.to_owned(),
        (Some(role), Some(password)) => format!("{role}:{password}"),
        (Some(role), None) => role.to_owned(),
    };
    format!("{scheme}://{credentials}@{host}/{database}")
}

/// Runs work on threads of its own: a test's runtime may be a single thread, and may be over.
fn on_a_thread<T: Send + 'static>(
    work: impl Future<Output = T> + Send + 'static,
) -> std::thread::Result<T> {
    std::thread::spawn(move || {
        tokio::runtime::Runtime::new()
            .expect("a runtime")
            .block_on(work)
    })
    .join()
}

async fn as_admin(database: &str, sql: &str) {
    let mut connection = AsyncPgConnection::establish(&url(None, database))
        .await
        .expect("the superuser's connection");
    connection.batch_execute(sql).await.expect(sql);
}

/// Migrated once, copied for every test.
fn template() -> &'static str {
    static TEMPLATE: OnceLock<String> = OnceLock::new();
    TEMPLATE.get_or_init(|| {
        let name = format!("template_{}", Uuid::now_v7().simple());
        let made = name.clone();
        on_a_thread(async move {
            as_admin(
                "postgres",
                &format!("CREATE DATABASE {made} OWNER app_owner"),
            )
            .await;
            vitaran_ops::migrate::migrate(&url(Some("app_owner"), &made))
                .await
                .expect("the migrations");
        })
        .expect("a template");
        name
    })
}

impl Database {
    /// A migrated one without a row.
    pub async fn create() -> Self {
        Self::copy_of(template()).await
    }

    /// What this one holds now. Nobody may be connected to it.
    pub async fn copy(&self) -> Self {
        Self::copy_of(&self.name).await
    }

    async fn copy_of(template: &str) -> Self {
        let name = format!("test_{}", Uuid::now_v7().simple());
        as_admin(
            "postgres",
            &format!("CREATE DATABASE {name} TEMPLATE {template} OWNER app_owner"),
        )
        .await;
        Database { name }
    }

    /// Without a single table.
    pub async fn create_empty() -> Self {
        let name = format!("test_{}", Uuid::now_v7().simple());
        as_admin(
            "postgres",
            &format!("CREATE DATABASE {name} OWNER app_owner"),
        )
        .await;
        Database { name }
    }

    /// The address as one of the four roles.
    pub fn url_of(&self, role: &str) -> String {
        url(Some(role), &self.name)
    }

    /// What the roles sign in with, where the cluster asks for it.
    pub fn password_of_roles() -> Option<String> {
        env("TEST_ROLE_PASSWORD")
    }

    /// The address as the superuser, whom no process of ours may be.
    pub fn url_of_superuser(&self) -> String {
        url(None, &self.name)
    }

    /// Does as the superuser what no action does: break something, or look at everything.
    pub async fn execute(&self, sql: &str) {
        as_admin(&self.name, sql).await;
    }

    /// As [`Database::execute`] for what may be refused, with what is then said.
    pub async fn try_execute(&self, sql: &str) -> Result<(), String> {
        let mut connection = AsyncPgConnection::establish(&self.url_of_superuser())
            .await
            .expect("the superuser's connection");
        let done = connection.batch_execute(sql).await;
        done.map_err(|error| error.to_string())
    }

    /// One number, seen by the superuser.
    pub async fn count(&self, sql: &str) -> i64 {
        #[derive(diesel::QueryableByName)]
        struct Count {
            #[diesel(sql_type = diesel::sql_types::BigInt)]
            count: i64,
        }
        let row: Count = self.row(sql).await;
        row.count
    }

    /// One id, seen by the superuser.
    pub async fn id(&self, sql: &str) -> Uuid {
        #[derive(diesel::QueryableByName)]
        struct Id {
            #[diesel(sql_type = diesel::sql_types::Uuid)]
            id: Uuid,
        }
        let row: Id = self.row(sql).await;
        row.id
    }

    /// One text, seen by the superuser; empty when there is none.
    pub async fn text(&self, sql: &str) -> String {
        #[derive(diesel::QueryableByName)]
        struct Line {
            #[diesel(sql_type = diesel::sql_types::Nullable<diesel::sql_types::Text>)]
            text: Option<String>,
        }
        let row: Line = self.row(sql).await;
        row.text.unwrap_or_default()
    }

    /// Waits until the text is as wanted, which says what is waited for.
    pub async fn until(&self, sql: &str, wanted: &str) {
        let started = Instant::now();
        loop {
            let found = self.text(sql).await;
            if found == wanted {
                return;
            }
            assert!(
                started.elapsed() < PATIENCE,
                "after {PATIENCE:?} it is {found:?} and not {wanted:?}: {sql}"
            );
            tokio::time::sleep(LOOK_AGAIN).await;
        }
    }

    /// Many rows, seen by the superuser.
    pub(crate) async fn rows<R>(&self, sql: &str) -> Vec<R>
    where
        R: diesel::deserialize::QueryableByName<diesel::pg::Pg> + Send + 'static,
    {
        let mut connection = AsyncPgConnection::establish(&url(None, &self.name))
            .await
            .expect("the superuser's connection");
        diesel::sql_query(sql)
            .load(&mut connection)
            .await
            .expect(sql)
    }

    async fn row<R>(&self, sql: &str) -> R
    where
        R: diesel::deserialize::QueryableByName<diesel::pg::Pg> + Send + 'static,
    {
        let mut connection = AsyncPgConnection::establish(&url(None, &self.name))
            .await
            .expect("the superuser's connection");
        diesel::sql_query(sql)
            .get_result(&mut connection)
            .await
            .expect(sql)
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        let name = std::mem::take(&mut self.name);
        // A leftover is no failure of the test: the cluster is thrown away as a whole.
        let _ = on_a_thread(async move {
            let sql = format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)");
            if let Ok(mut connection) = AsyncPgConnection::establish(&url(None, "postgres")).await {
                let _ = connection.batch_execute(&sql).await;
            }
        });
    }
}
