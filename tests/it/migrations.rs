//! The migrations, forwards and backwards, and what diesel believes of the tables they make.

use std::path::PathBuf;

use diesel_async::{AsyncConnection as _, AsyncPgConnection, SimpleAsyncConnection as _};
use vitaran_tests::Database;

/// A text for everything that a migration can make, each on a line.
const SHAPE: &str = "SELECT string_agg(line, E'\\n' ORDER BY line) AS text FROM ( \
    SELECT format('%s.%s %s %s %s %s%s', a.attrelid::regclass, a.attname, a.attnum, format_type(a.atttypid, a.atttypmod), a.attnotnull, \
                  a.attgenerated, pg_get_expr(d.adbin, d.adrelid)) AS line \
    FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum \
    WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r' AND a.attnum > 0 AND NOT a.attisdropped \
    UNION ALL SELECT format('%s %s %s', conrelid::regclass, conname, pg_get_constraintdef(oid)) FROM pg_constraint WHERE connamespace = 'public'::regnamespace \
    UNION ALL SELECT indexdef FROM pg_indexes WHERE schemaname = 'public' \
    UNION ALL SELECT format('%s %s %s %s %s', tablename, policyname, roles, qual, with_check) FROM pg_policies WHERE schemaname = 'public' \
    UNION ALL SELECT pg_get_triggerdef(t.oid) FROM pg_trigger t WHERE NOT t.tgisinternal \
    UNION ALL SELECT format('%s %s', c.relname, c.relacl) FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r' \
) shape (line)";

/// Columns as diesel writes them, in the order of its file; without the tables that diesel.toml leaves out.
const COLUMNS: &str = "SELECT string_agg(format('%s.%s %s', c.relname, a.attname, \
           CASE WHEN a.attnotnull THEN t.name ELSE 'Nullable<' || t.name || '>' END), E'\\n' ORDER BY c.relname COLLATE \"C\", a.attnum) AS text \
    FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid, \
         LATERAL (SELECT CASE format_type(a.atttypid, NULL) WHEN 'boolean' THEN 'Bool' WHEN 'smallint' THEN 'Int2' WHEN 'integer' THEN 'Int4' \
                         WHEN 'bigint' THEN 'Int8' WHEN 'timestamp with time zone' THEN 'Timestamptz' WHEN 'text[]' THEN 'Array<Nullable<Text>>' WHEN 'uuid[]' THEN 'Array<Nullable<Uuid>>' \
                         ELSE initcap(format_type(a.atttypid, NULL)) END AS name) t \
    WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r' AND c.relname NOT IN ('__diesel_schema_migrations', 'invoices') \
      AND a.attnum > 0 AND NOT a.attisdropped";

fn root() -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
}

/// Every migration's way back, the last first.
fn ways_back() -> Vec<String> {
    let entries = std::fs::read_dir(root().join("migrations")).expect("the migrations");
    let mut folders: Vec<PathBuf> = entries
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| path.is_dir())
        .collect();
    folders.sort();
    let read = |folder: &PathBuf| std::fs::read_to_string(folder.join("down.sql")).unwrap();
    folders.iter().rev().map(read).collect()
}

// On several threads, for migrating blocks one.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn down_to_nothing_and_up_again_gives_the_same_schema() {
    let database = Database::create().await;
    let before = database.text(SHAPE).await;
    assert!(before.contains("tenant_isolation"), "{before}");
    let owner = database.url_of("app_owner");
    let mut connection = AsyncPgConnection::establish(&owner).await.unwrap();
    for sql in ways_back() {
        connection.batch_execute(&sql).await.expect(&sql);
    }
    let left = "SELECT string_agg(relname, ' ') AS text FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p', 'S', 'v')";
    assert_eq!(database.text(left).await, "__diesel_schema_migrations");
    connection
        .batch_execute("DELETE FROM __diesel_schema_migrations")
        .await
        .unwrap();
    vitaran_ops::migrate::migrate(&owner).await.unwrap();
    assert!(database.text(SHAPE).await == before, "the schema differs");
}

#[tokio::test]
async fn diesel_believes_of_the_tables_what_is_so() {
    let file = std::fs::read_to_string(root().join("core/schema/src/tables.rs")).unwrap();
    let (mut table, mut believed) = ("", Vec::new());
    for line in file.lines() {
        if let Some((name, _)) = line
            .strip_suffix(" {")
            .and_then(|line| line.trim().split_once(" ("))
        {
            table = name;
        } else if let Some((column, kind)) = line
            .strip_prefix("        ")
            .and_then(|line| line.strip_suffix(',')?.split_once(" -> "))
        {
            believed.push(format!("{table}.{column} {kind}"));
        }
    }
    let found = Database::create().await.text(COLUMNS).await;
    assert_eq!(believed, found.lines().collect::<Vec<_>>());
}
