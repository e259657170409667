//! Tenants: how one comes to be, who works there, and the support visits of the platform's own people.

mod create_tenant;
mod impersonate;
mod members;
mod operator;
mod registrations;
mod settings;
mod tenants;

pub use create_tenant::{CreateTenantError, NewTenant, TenantForm, create_tenant};
pub use impersonate::{ImpersonateError, StartVisit, VisitForm, end_visit, start_visit};
pub use members::{AddMemberError, MemberForm, NewMember, add_member};
pub(crate) use members::{Membership, insert_membership, insert_user};
pub use operator::PlatformOperator;
pub use registrations::{
    LutForm, NewRegistration, RegistrationError, RegistrationForm, SetLut, add_registration,
    set_lut,
};
pub use settings::{Edit, SetSettings, SetSettingsError, Settings, SettingsForm, set_settings};
pub use tenants::{TenantSummary, find_tenant, list_tenants};
