//! Tenants: how one comes to be, who works there, and the support visits of the platform's own people.

mod act_in;
mod create_tenant;
mod impersonate;
mod members;
mod modules;
mod operator;
mod register;
mod registrations;
mod settings;
mod tenants;

pub use act_in::{ActInError, Asked, act_in_tenant};
pub use create_tenant::{CreateTenantError, NewTenant, TenantForm, create_tenant};
pub use impersonate::{
    Ending, ImpersonateError, StartVisit, Visit, VisitForm, end_visits, start_visit,
};
pub use members::{AddMemberError, MemberForm, NewMember, add_member};
pub(crate) use members::{Membership, NewAccount, insert_membership, insert_user};
pub use modules::{ModulesForm, set_modules};
pub use operator::PlatformOperator;
pub use register::{
    RegisterError, RenameForm, SuspendForm, rename_tenant, restore_tenant, suspend_tenant,
};
pub use registrations::{
    LutForm, NewRegistration, RegistrationError, RegistrationForm, SetLut, add_registration,
    set_lut,
};
pub use settings::{
    Edit, Helpline, SetSettings, SetSettingsError, Settings, SettingsForm, helpline, set_settings,
};
pub use tenants::{
    TenantStatus, TenantSummary, find_tenant, find_tenant_by_id, list_domains, list_tenants,
};
