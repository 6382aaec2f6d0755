"""Generated source to a module that trains."""
