//! Pages and API: poem, maud, poem-openapi over the actions of vitaran-core.
