//! The application under test: the real router, over real HTTP, as `app_user`.

use std::path::PathBuf;
use std::sync::Arc;

use poem::Server;
use poem::listener::{Acceptor as _, Listener as _, TcpAcceptor, TcpListener};
use vitaran_core::access::{Allowed, Permission, Role};
use vitaran_core::config::{Origins, Secret, WebConfig};
use vitaran_core::db::{Db, DbSettings, TenantTx};
use vitaran_core::files::LocalFileStore;
use vitaran_core::identity::{Lifetimes, NewPassword, PasswordCost, SignInRules};
use vitaran_core::live::{self, Hint, Hints, LiveFeed};
use vitaran_core::tenancy::{self, NewMember, PlatformOperator, TenantForm};
use vitaran_core::testkit::{TestTenant, dealer};
use vitaran_core::throttle::TrustedProxies;
use vitaran_core::webhooks::Targets;
use vitaran_kernel::{
    Clock as _, DealerId, EmailAddress, LocationId, PriceListId, RegistrationId, SettableClock,
    SystemClock, Text,
};
use vitaran_web::http::prompt_headers::PromptHeaders;
use vitaran_web::{AppState, Shutdown};

use crate::overheard;
use crate::{Client, Database, Wire};

/// Of everybody in a test.
pub const PASSWORD: &str = "correct horse battery";

const GSTIN: &str = "27VOLTC1234A1ZU";
/// Seals what an installation under test stores.
pub const SECRET_KEY: &str = "k1:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";

/// Somebody who can sign in.
#[derive(Debug, Clone)]
pub struct Person {
    pub email: String,
    pub password: String,
    /// For a dealer's person.
    pub dealer: Option<DealerId>,
}

/// A running installation with one distributor, Volt. It ends with the value.
pub struct TestApp {
    pub base: String,
    pub db: Db,
    /// As the operator's command connects, who alone makes tenants without being asked who he is.
    owner: Db,
    pub database: Database,
    pub clock: SettableClock,
    pub tenant: TestTenant,
    pub live: LiveFeed,
    pub files: PathBuf,
    shutdown: Shutdown,
    tasks: Vec<tokio::task::JoinHandle<()>>,
}

/// Starts one, with a database of its own. Limits are far away: a test that meets one says so.
pub async fn test_app() -> TestApp {
    test_app_with(|_| {}).await
}

/// The application alone, over a database that nobody answers at: for all that is said before a record is asked for. It ends
/// with the value.
pub struct BareApp {
    pub base: String,
    files: PathBuf,
    serving: tokio::task::JoinHandle<()>,
}

impl Drop for BareApp {
    fn drop(&mut self) {
        self.serving.abort();
        let _ = std::fs::remove_dir_all(&self.files);
    }
}

/// Starts one.
pub async fn bare_app(change: impl FnOnce(&mut WebConfig)) -> BareApp {
    const NOWHERE: &str = "postgres://app_user:none@127.0.0.1:1/none";
    overheard::listen();
    let clock = Arc::new(SystemClock);
    let db = Db::connect(&DbSettings::new(NOWHERE), clock, Hints::none()).expect("the pool");
    let (acceptor, base) = listen().await;
    let files = std::env::temp_dir().join(format!("vitaran-{}", uuid::Uuid::now_v7()));
    let store = Arc::new(LocalFileStore::open(&files).expect("a folder"));
    let mut config = config(&base, NOWHERE, &files);
    change(&mut config);
    let state = AppState::new(db, config, LiveFeed::new(), store, Shutdown::new());
    let serving = tokio::spawn(async move {
        let server = Server::new_with_acceptor(acceptor);
        server.run(vitaran_web::app(state)).await.expect("a server");
    });
    BareApp {
        base,
        files,
        serving,
    }
}

/// A port of our own, and its address.
async fn listen() -> (TcpAcceptor, String) {
    let acceptor = TcpListener::bind("127.0.0.1:0")
        .into_acceptor()
        .await
        .expect("a port");
    let port = acceptor.local_addr()[0]
        .as_socket_addr()
        .expect("a socket address")
        .port();
    (acceptor, format!("http://127.0.0.1:{port}"))
}

/// As [`test_app`], configured otherwise.
pub async fn test_app_with(change: impl FnOnce(&mut WebConfig)) -> TestApp {
    let database = Database::create().await;
    let settings = DbSettings {
        max_connections: 6,
        ..DbSettings::new(database.url_of("app_user"))
    };
    let (hints, queue) = Hints::queue();
    start(database, settings, (hints, Some(queue)), change).await
}

/// Starts one whose every word to PostgreSQL is heard. It has one connection, which also shows that no request needs a
/// second while it holds the first, and sends no hints.
pub async fn test_app_on_a_wire() -> (TestApp, Wire) {
    let database = Database::create().await;
    let url = database.url_of("app_user");
    let wire = Wire::before(&url).await;
    let settings = DbSettings {
        max_connections: 1,
        ..DbSettings::new(wire.url(&url))
    };
    let app = start(database, settings, (Hints::none(), None), |_| {}).await;
    (app, wire)
}

async fn start(
    database: Database,
    settings: DbSettings,
    (hints, queue): (Hints, Option<tokio::sync::mpsc::Receiver<Hint>>),
    change: impl FnOnce(&mut WebConfig),
) -> TestApp {
    overheard::listen();
    overheard::entrust(PASSWORD);
    let clock = SettableClock::new(SystemClock.now());
    let url = database.url_of("app_user");
    let db = Db::connect(&settings, Arc::new(clock.clone()), hints).expect("the pool");
    let (acceptor, base) = listen().await;
    let feed = LiveFeed::new();
    let shutdown = Shutdown::new();
    let files = std::env::temp_dir().join(format!("vitaran-{}", uuid::Uuid::now_v7()));
    let store = Arc::new(LocalFileStore::open(&files).expect("a folder"));
    let mut config = config(&base, &url, &files);
    change(&mut config);
    let state = AppState::new(db.clone(), config, feed.clone(), store, shutdown.clone());
    let stopping = shutdown.clone();
    let mut tasks = vec![
        tokio::spawn(live::listen(url, feed.clone())),
        tokio::spawn(async move {
            let acceptor = PromptHeaders::new(acceptor);
            let served = Server::new_with_acceptor(acceptor).run_with_graceful_shutdown(
                vitaran_web::app(state),
                stopping.begun(),
                Some(std::time::Duration::from_secs(5)),
            );
            served.await.expect("a server");
        }),
    ];
    if let Some(queue) = queue {
        tasks.push(tokio::spawn(live::run_sender(db.clone(), queue)));
    }
    let owner = Db::connect(
        &DbSettings {
            max_connections: 1,
            ..DbSettings::new(database.url_of("app_owner"))
        },
        Arc::new(clock.clone()),
        Hints::none(),
    )
    .expect("the owner's pool");
    let tenant = make_tenant(&owner, &database, "volt", GSTIN).await;
    TestApp {
        base,
        db,
        owner,
        database,
        clock,
        tenant,
        live: feed,
        files,
        shutdown,
        tasks,
    }
}

fn config(base: &str, url: &str, files: &std::path::Path) -> WebConfig {
    WebConfig {
        database_url: Secret::new(url),
        listen_database_url: Secret::new(url),
        db_connections: 6,
        bind: String::new(),
        public_url: base.to_owned(),
        files_dir: files.to_owned(),
        staff_lifetimes: Lifetimes {
            idle_s: 12 * 3_600,
            absolute_s: 7 * 86_400,
        },
        dealer_lifetimes: Lifetimes {
            idle_s: 7 * 86_400,
            absolute_s: 30 * 86_400,
        },
        sign_in: SignInRules {
            most_a_minute: u32::MAX,
            ..SignInRules::DEFAULT
        },
        requests_per_10s: u32::MAX,
        trusted_proxies: TrustedProxies::default(),
        platform_second_factor: false,
        cors_origins: Origins::default(),
        support_contact: Some("080 4567 8900".to_owned()),
        webhook_targets: Targets::Loopback,
        secret_key: Secret::new(SECRET_KEY),
    }
}

async fn make_tenant(owner: &Db, database: &Database, slug: &str, gstin: &str) -> TestTenant {
    let form = TenantForm {
        slug: slug.to_owned(),
        name: format!("{} Distributors", slug[..1].to_uppercase() + &slug[1..]),
        gstin: gstin.to_owned(),
        legal_name: "Test Distributors Pvt Ltd".to_owned(),
        line1: "1 Test Road".to_owned(),
        line2: String::new(),
        city: "Mumbai".to_owned(),
        pincode: if gstin.starts_with("29") {
            "560001"
        } else {
            "400001"
        }
        .to_owned(),
        invoice_prefix: "TST".to_owned(),
        location_name: "Main".to_owned(),
        admin_name: "Asha Admin".to_owned(),
        admin_email: format!("admin@{slug}.test"),
        admin_password: PASSWORD.to_owned(),
    };
    let input = form.parse().expect("a valid form");
    let tenant = tenancy::create_tenant(
        owner,
        &PlatformOperator::console(),
        PasswordCost::LEAST,
        input,
    )
    .await
    .expect("a tenant");
    let id_in = |table: &str| format!("SELECT id FROM {table} WHERE tenant_id = '{}'", tenant.id);
    TestTenant {
        registration: RegistrationId::from_uuid(database.id(&id_in("gst_registrations")).await),
        location: LocationId::from_uuid(database.id(&id_in("locations")).await),
        price_list: PriceListId::from_uuid(database.id(&id_in("price_lists")).await),
        tenant,
    }
}

impl TestApp {
    /// A browser nobody has signed in with.
    pub fn client(&self) -> Client {
        Client::new(&self.base)
    }

    /// A further distributor, whose administrator is `admin@<slug>.test`.
    pub async fn tenant(&self, slug: &str, gstin: &str) -> TestTenant {
        make_tenant(&self.owner, &self.database, slug, gstin).await
    }

    /// A transaction as the distributor's administrator, for the factories.
    pub async fn begin<P: Permission>(&self) -> TenantTx {
        let by: Allowed<P> = self
            .tenant
            .actor(Role::Admin)
            .allow()
            .expect("administrators hold every permission");
        self.db.begin(&by).await.expect("BEGIN")
    }

    /// Somebody new in this role; for a dealer's person, with a new dealer.
    pub async fn person(&self, role: Role) -> Person {
        let dealer = match role {
            Role::Dealer => Some(self.dealer().await),
            _ => None,
        };
        let email = format!("{}@volt.test", uuid::Uuid::now_v7().simple());
        self.make_member(&self.tenant, &email, role, dealer).await;
        Person {
            email,
            password: PASSWORD.to_owned(),
            dealer,
        }
    }

    /// A registered dealer with everything it needs to order.
    pub async fn dealer(&self) -> DealerId {
        let mut tx = self
            .begin::<vitaran_core::access::SalesDealersWrite>()
            .await;
        let (id, _) = dealer().insert(&mut tx, &self.tenant).await;
        tx.commit().await.expect("COMMIT");
        id
    }

    /// Makes a person, known or new, a member of a distributor.
    pub async fn make_member(
        &self,
        tenant: &TestTenant,
        email: &str,
        role: Role,
        dealer: Option<DealerId>,
    ) {
        let member = NewMember {
            email: EmailAddress::parse(email).expect("an address"),
            name: Text::parse(&format!("Test {}", role.label())).expect("a name"),
            password: NewPassword::parse(PASSWORD).expect("a password"),
            role,
            dealer,
        };
        tenancy::add_member(
            &self.owner,
            &PlatformOperator::console(),
            PasswordCost::LEAST,
            (tenant.tenant.id, member),
        )
        .await
        .expect("a member");
    }

    /// One more location of a distributor.
    pub async fn location(&self, tenant: &TestTenant, name: &str) -> LocationId {
        let id = LocationId::generate();
        let sql = format!(
            "INSERT INTO locations (tenant_id, id, registration_id, name) VALUES ('{}', '{id}', '{}', '{name}')",
            tenant.tenant.id, tenant.registration
        );
        self.database.execute(&sql).await;
        id
    }

    /// Binds somebody to a location in all their memberships, as an administrator would.
    pub async fn bind_to(&self, person: &Person, location: LocationId) {
        let sql = format!(
            "UPDATE memberships m SET location_ids = ARRAY['{location}'::uuid] FROM users u WHERE u.id = m.user_id AND u.email = '{}'",
            person.email
        );
        self.database.execute(&sql).await;
    }

    /// A browser signed in as somebody new in this role.
    pub async fn sign_in_as(&self, role: Role) -> Client {
        self.sign_in(&self.person(role).await).await
    }

    /// A browser signed in as this person.
    pub async fn sign_in(&self, person: &Person) -> Client {
        let client = self.client();
        let answer = client
            .post_form(
                "/login",
                &[("email", &person.email), ("password", &person.password)],
            )
            .await;
        assert_eq!(answer.status, 303, "{}", answer.body);
        client
    }

    /// A program with a token of somebody new in this role.
    pub async fn api_as(&self, role: Role) -> Client {
        self.api(&self.person(role).await).await
    }

    /// A program with a token of this person.
    pub async fn api(&self, person: &Person) -> Client {
        let client = self.client();
        let login = serde_json::json!({ "email": person.email, "password": person.password });
        let answer = client.post_json("/api/v1/auth/login", &login).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        let token = answer.json()["access_token"]
            .as_str()
            .expect("a token")
            .to_owned();
        client.bearer(token)
    }

    /// A platform admin, who works in no distributor.
    pub async fn platform_admin(&self) -> Person {
        let person = self.person(Role::Admin).await;
        // No action makes one: only the operator's command does.
        let sql = format!(
            "UPDATE users SET is_platform_admin = true WHERE email = '{0}'; \
             DELETE FROM memberships m USING users u WHERE u.id = m.user_id AND u.email = '{0}'",
            person.email
        );
        self.database.execute(&sql).await;
        person
    }

    /// A browser of a platform admin, outside every distributor.
    pub async fn sign_in_platform_admin(&self) -> Client {
        self.sign_in(&self.platform_admin().await).await
    }

    /// A program with a platform admin's token.
    pub async fn api_as_platform_admin(&self) -> Client {
        self.api(&self.platform_admin().await).await
    }
}

impl Drop for TestApp {
    fn drop(&mut self) {
        self.shutdown.begin();
        for task in &self.tasks {
            task.abort();
        }
        let _ = std::fs::remove_dir_all(&self.files);
    }
}
