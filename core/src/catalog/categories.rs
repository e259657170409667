//! The tree of categories.
//!
//! Every category keeps the path of names from the root, so that a subtree is one prefix and a list
//! sorted by path reads like the tree. Renaming one therefore rewrites the paths below it and the
//! words of their products, in three statements however many there are.
//!
//! Locks: categories in the order of their ids; a new one locks its parent, a rename the whole tree,
//! so that no child is born under a path that is about to change.

use diesel::sql_types::{Bool, Integer, Nullable, SmallInt, Text as SqlText, Uuid as SqlUuid};
use diesel::{
    BoolExpressionMethods as _, ExpressionMethods as _, OptionalExtension as _, QueryableByName,
};
use diesel_async::RunQueryDsl as _;
use serde::{Deserialize, Serialize};
use vitaran_kernel::{CategoryId, Text};
use vitaran_schema::categories;

use crate::access::{Allowed, InventoryCategoriesWrite, InventoryProductsRead};
use crate::audit::{self, Change};
use crate::db::{DbError, Statement, TenantTx};
use crate::master::{Activity, Master, MasterError, Shown, check_version, finish, taken};
use crate::problem::{Faults, Invalid};

use super::products;

/// Levels of the tree: what a person can still find, and a phone still show.
pub const MAX_DEPTH: i16 = 6;

/// Categories of a tenant at most, because the tree is shown whole.
pub const MAX_CATEGORIES: i64 = 2_000;

pub type CategoryName = Text<60>;

/// Stands between the names of a path, and in no name.
const SEPARATOR: &str = " > ";

/// A category in its place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, QueryableByName)]
pub struct Category {
    #[diesel(sql_type = SqlUuid)]
    pub id: CategoryId,
    #[diesel(sql_type = Nullable<SqlUuid>)]
    pub parent_id: Option<CategoryId>,
    #[diesel(sql_type = SqlText)]
    pub name: CategoryName,
    /// The names from the root, joined by " > ".
    #[diesel(sql_type = SqlText)]
    pub path: String,
    /// 1 for a root.
    #[diesel(sql_type = SmallInt)]
    pub depth: i16,
    #[diesel(sql_type = Bool)]
    pub is_active: bool,
    #[diesel(sql_type = Integer)]
    pub version: i32,
}

impl Master for Category {
    const NOUN: &'static str = "category";
    const NOT_FOUND: &'static str = "catalog.category_not_found";
    const STALE: &'static str = "catalog.category_stale";
}

type Refused = MasterError<Category>;

/// What a person or program sends. A blank parent makes a root; renaming looks at the name alone.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct CategoryForm {
    pub name: String,
    pub parent_id: String,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewCategory {
    pub name: CategoryName,
    pub parent: Option<CategoryId>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RenameCategory {
    pub name: CategoryName,
}

impl CategoryForm {
    pub fn parse(&self) -> Result<NewCategory, Invalid> {
        let mut faults = Faults::new();
        let name = faults.required("/name", &self.name, "the category's name", name_of);
        let parent = faults.optional("/parent_id", &self.parent_id, |text| {
            CategoryId::parse(text.trim())
        });
        finish(faults, || {
            Some(NewCategory {
                name: name?,
                parent,
            })
        })
    }

    pub fn parse_rename(&self) -> Result<RenameCategory, Invalid> {
        let mut faults = Faults::new();
        let name = faults.required("/name", &self.name, "the category's name", name_of);
        finish(faults, || Some(RenameCategory { name: name? }))
    }
}

fn name_of(text: &str) -> Result<CategoryName, String> {
    if text.contains('>') {
        return Err("Leave out the sign >, it stands between the levels of the tree".to_owned());
    }
    CategoryName::parse(text).map_err(|error| error.to_string())
}

const SELECT: &str = "SELECT c.id, c.parent_id, c.name, c.path, c.depth, c.is_active, c.version \
     FROM categories c WHERE c.tenant_id = $1";

/// The whole tree, each category after its parent.
pub async fn tree(
    tx: &TenantTx,
    _by: &Allowed<InventoryProductsRead>,
    shown: Shown,
) -> Result<Vec<Category>, DbError> {
    let mut statement = Statement::new(SELECT).bind(tx.tenant().as_uuid());
    statement.push_sql(&shown.condition("c.is_active"));
    let limit = statement.push_bind(MAX_CATEGORIES);
    statement.push_sql(&format!(" ORDER BY c.path LIMIT {limit}"));
    Ok(statement.load(&mut tx.reader()).await?)
}

/// A category, active or not.
pub async fn load(
    tx: &mut TenantTx,
    _by: &Allowed<InventoryProductsRead>,
    id: CategoryId,
) -> Result<Category, Refused> {
    fetch(tx, id, "").await
}

/// Adds a category as a root or below a parent.
pub async fn create(
    tx: &mut TenantTx,
    _by: &Allowed<InventoryCategoriesWrite>,
    input: NewCategory,
) -> Result<Category, Refused> {
    let NewCategory { name, parent } = input;
    let parent = match parent {
        Some(id) => Some(find_parent(tx, id).await?),
        None => None,
    };
    let path = match &parent {
        Some(parent) => format!("{}{SEPARATOR}{name}", parent.path),
        None => name.to_string(),
    };
    check_free(tx, &path, &name).await?;
    let (tenant, id) = (tx.tenant(), CategoryId::generate());
    diesel::insert_into(categories::table)
        .values((
            categories::tenant_id.eq(tenant),
            categories::id.eq(id),
            categories::parent_id.eq(parent.as_ref().map(|parent| parent.id)),
            categories::name.eq(name),
            categories::path.eq(path),
            categories::depth.eq(parent.as_ref().map_or(0, |parent| parent.depth) + 1),
        ))
        .execute(tx.conn()?)
        .await
        .map_err(refused)?;
    let category = fetch(tx, id, "").await?;
    audit::record(
        tx,
        "catalog.category.create",
        "category",
        Some(id.as_uuid()),
        Change::created(&category),
    )
    .await?;
    Ok(category)
}

/// Gives a category another name, and with it every path and every product below it.
pub async fn rename(
    tx: &mut TenantTx,
    _by: &Allowed<InventoryCategoriesWrite>,
    id: CategoryId,
    expected: i32,
    input: RenameCategory,
) -> Result<Category, Refused> {
    lock_tree(tx).await?;
    let before = fetch(tx, id, "").await?;
    check_version(before.version, expected)?;
    let RenameCategory { name } = input;
    if name == before.name {
        return Ok(before);
    }
    let path = match before.path.rsplit_once(SEPARATOR) {
        Some((above, _)) => format!("{above}{SEPARATOR}{name}"),
        None => name.to_string(),
    };
    check_free(tx, &path, &name).await?;
    Statement::new(
        "UPDATE categories c SET path = $3 || substr(c.path, length($4) + 1), \
         name = CASE WHEN c.id = $2 THEN $5 ELSE c.name END, \
         version = CASE WHEN c.id = $2 THEN c.version + 1 ELSE c.version END \
         WHERE c.tenant_id = $1 AND (c.id = $2 OR (c.path >= $4 || ' > ' AND c.path < $4 || ' >!'))",
    )
    .bind(tx.tenant().as_uuid())
    .bind(id.as_uuid())
    .bind(path.as_str())
    .bind(before.path.as_str())
    .bind(name.as_str())
    .execute(tx.conn()?)
    .await
    .map_err(refused)?;
    products::index_below(tx, &path).await?;
    let after = fetch(tx, id, "").await?;
    audit::record(
        tx,
        "catalog.category.rename",
        "category",
        Some(id.as_uuid()),
        Change::updated(&before, &after),
    )
    .await?;
    Ok(after)
}

/// Switches a category off or on. Off is refused while it holds active products or categories,
/// for they would vanish from the tree; on is refused below a category that is off.
pub async fn set_active(
    tx: &mut TenantTx,
    _by: &Allowed<InventoryCategoriesWrite>,
    id: CategoryId,
    expected: Option<i32>,
    to: Activity,
) -> Result<Category, Refused> {
    lock_tree(tx).await?;
    let before = fetch(tx, id, "").await?;
    check_version(before.version, expected)?;
    if before.is_active == to.is_active() {
        return Ok(before);
    }
    match to {
        Activity::Inactive => check_empty(tx, id).await?,
        Activity::Active => check_parent_active(tx, before.parent_id).await?,
    }
    let tenant = tx.tenant();
    diesel::update(categories::table)
        .filter(categories::tenant_id.eq(tenant).and(categories::id.eq(id)))
        .set((
            categories::is_active.eq(to.is_active()),
            categories::version.eq(before.version + 1),
        ))
        .execute(tx.conn()?)
        .await?;
    let after = fetch(tx, id, "").await?;
    audit::record(
        tx,
        "catalog.category.set_active",
        "category",
        Some(id.as_uuid()),
        Change::updated(&before, &after),
    )
    .await?;
    Ok(after)
}

async fn fetch(tx: &mut TenantTx, id: CategoryId, lock: &str) -> Result<Category, Refused> {
    let mut statement = Statement::new(SELECT).bind(tx.tenant().as_uuid());
    let id = statement.push_bind(id.as_uuid());
    statement.push_sql(&format!(" AND c.id = {id}{lock}"));
    let found: Option<Category> = statement.get_result(tx.conn()?).await.optional()?;
    found.ok_or_else(MasterError::not_found)
}

async fn lock_tree(tx: &mut TenantTx) -> Result<(), Refused> {
    Statement::new("SELECT c.id FROM categories c WHERE c.tenant_id = $1 ORDER BY c.id FOR UPDATE")
        .bind(tx.tenant().as_uuid())
        .execute(tx.conn()?)
        .await?;
    Ok(())
}

/// The parent of a new category, locked; every reason against it is a fault beside the choice.
async fn find_parent(tx: &mut TenantTx, id: CategoryId) -> Result<Category, Refused> {
    let parent = match fetch(tx, id, " FOR UPDATE").await {
        Err(MasterError::NotFound(_)) => {
            return Err(MasterError::fault(
                "/parent_id",
                "unknown",
                "Choose a category that exists",
            ));
        }
        found => found?,
    };
    if !parent.is_active {
        return Err(MasterError::fault(
            "/parent_id",
            "inactive",
            "This category is switched off, choose another",
        ));
    }
    if parent.depth >= MAX_DEPTH {
        let detail =
            format!("The tree has at most {MAX_DEPTH} levels, choose a category further up");
        return Err(MasterError::fault("/parent_id", "too_deep", detail));
    }
    Ok(parent)
}

#[derive(QueryableByName)]
struct Place {
    #[diesel(sql_type = Bool)]
    is_path_taken: bool,
    #[diesel(sql_type = Bool)]
    is_full: bool,
}

async fn check_free(tx: &mut TenantTx, path: &str, name: &CategoryName) -> Result<(), Refused> {
    let place: Place = Statement::new(
        "SELECT EXISTS (SELECT FROM categories c WHERE c.tenant_id = $1 AND c.path = $2) AS is_path_taken, \
         (SELECT count(*) FROM categories c WHERE c.tenant_id = $1) >= $3 AS is_full",
    )
    .bind(tx.tenant().as_uuid())
    .bind(path)
    .bind(MAX_CATEGORIES)
    .get_result(tx.conn()?)
    .await?;
    if place.is_path_taken {
        return Err(MasterError::fault(
            "/name",
            "taken",
            format!("There is a category {name} here already"),
        ));
    }
    if place.is_full {
        let detail = format!("There are {MAX_CATEGORIES} categories already, use one of them");
        return Err(MasterError::fault("/name", "too_many", detail));
    }
    Ok(())
}

#[derive(QueryableByName)]
struct Content {
    #[diesel(sql_type = Bool)]
    has_products: bool,
    #[diesel(sql_type = Bool)]
    has_categories: bool,
}

async fn check_empty(tx: &mut TenantTx, id: CategoryId) -> Result<(), Refused> {
    let content: Content = Statement::new(
        "SELECT EXISTS (SELECT FROM products p WHERE p.tenant_id = $1 AND p.category_id = $2 AND p.is_active) AS has_products, \
         EXISTS (SELECT FROM categories c WHERE c.tenant_id = $1 AND c.parent_id = $2 AND c.is_active) AS has_categories",
    )
    .bind(tx.tenant().as_uuid())
    .bind(id.as_uuid())
    .get_result(tx.conn()?)
    .await?;
    match content {
        Content {
            has_products: true, ..
        } => Err(MasterError::fault(
            "",
            "in_use",
            "Move or switch off the products of this category first",
        )),
        Content {
            has_categories: true,
            ..
        } => Err(MasterError::fault(
            "",
            "in_use",
            "Switch off the categories below this one first",
        )),
        _ => Ok(()),
    }
}

async fn check_parent_active(tx: &mut TenantTx, parent: Option<CategoryId>) -> Result<(), Refused> {
    let Some(parent) = parent else { return Ok(()) };
    if fetch(tx, parent, "").await?.is_active {
        return Ok(());
    }
    Err(MasterError::fault(
        "",
        "parent_inactive",
        "Switch on the category above this one first",
    ))
}

fn refused(error: diesel::result::Error) -> Refused {
    taken(
        DbError::from(error),
        &[(
            "uq_categories_tenant_id_path",
            "/name",
            "There is a category of this name here already",
        )],
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_has_no_sign_that_separates_levels() {
        let form = CategoryForm {
            name: "Wires > Cables".to_owned(),
            parent_id: "x".to_owned(),
        };
        let faults = form.parse().unwrap_err().faults;
        let pointers: Vec<_> = faults.iter().map(|fault| fault.pointer.as_str()).collect();
        assert_eq!(pointers, ["/name", "/parent_id"]);
    }

    #[test]
    fn a_blank_parent_makes_a_root() {
        let form = CategoryForm {
            name: " Wires ".to_owned(),
            parent_id: String::new(),
        };
        let category = form.parse().unwrap();
        assert_eq!((category.name.as_str(), category.parent), ("Wires", None));
    }
}
