"""What the API does. Services know no HTTP: they raise `errors.ServiceError`."""
