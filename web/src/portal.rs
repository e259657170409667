//! What every page of a dealer has besides the shell: the dealer whose page it is, the cart's size in the navigation,
//! the search in the top bar.

use vitaran_core::access::{Actor, SalesOrdersPlace};
use vitaran_core::db::TenantTx;
use vitaran_core::orders;
use vitaran_kernel::DealerId;

use crate::http::problem::Refusal;
use crate::hx;
use crate::shell::{Draft, Shell};

/// Where products are searched.
pub const CATALOGUE: &str = "/portal/catalogue";

/// The dealer the actor works for. The portal is guarded, so that only staff on a strange way meet the refusal.
pub fn own_dealer(actor: &Actor) -> Result<DealerId, Refusal> {
    let own = actor.scope().own();
    own.ok_or_else(|| Refusal::wrong_area("These pages are for dealers"))
}

/// What stands around a dealer's page, read in the page's own transaction.
#[derive(Debug, Clone, Copy)]
pub struct Frame {
    cart: Option<u64>,
}

impl Frame {
    /// Whoever may not order has no cart.
    pub async fn read(tx: &TenantTx, actor: &Actor) -> Result<Self, Refusal> {
        let cart = match actor.allow::<SalesOrdersPlace>() {
            Ok(by) => u64::try_from(orders::cart_size(tx, &by).await?).ok(),
            Err(_) => None,
        };
        Ok(Frame { cart })
    }

    /// Of a page that has the cart already.
    #[must_use]
    pub fn of_cart(products: usize) -> Self {
        Frame {
            cart: u64::try_from(products).ok(),
        }
    }

    #[must_use]
    pub fn cart(self) -> Option<u64> {
        self.cart
    }

    /// A page with a search in the top bar.
    pub fn page<'a>(self, shell: &'a Shell, title: &'a str) -> Draft<'a> {
        let search = hx::Search {
            action: CATALOGUE,
            label: "Search products",
            query: "",
            target_id: None,
            field_id: "search-products",
            key: None,
        };
        self.page_with_own_search(shell, title)
            .header(search.render(""))
    }

    /// A page whose main part searches products itself.
    pub fn page_with_own_search<'a>(self, shell: &'a Shell, title: &'a str) -> Draft<'a> {
        shell.page(title).cart(self.cart)
    }
}
