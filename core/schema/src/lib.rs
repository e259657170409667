//! The generated diesel tables and the declarations of the SQL functions; nothing else.
