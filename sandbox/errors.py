"""What the API refuses, with the vendor's codes.

Codes marked `guess` could not be confirmed from public sources; nothing should be decided by them.
"""


class ApiError(Exception):
    """An answer with `success: false`."""

    def __init__(self, status: int, code: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message


def bad_token() -> ApiError:
    """No token, an unknown one, or an account that it does not see."""
    return ApiError(403, 10000, "Authentication error")


def no_route(path: str) -> ApiError:
    """An address that the API does not have."""
    return ApiError(404, 7003, f"Could not route to {path}, perhaps your object identifier is invalid?")


def malformed(message: str) -> ApiError:
    """guess: 10026 for a body that cannot be read."""
    return ApiError(400, 10026, message)


def script_missing() -> ApiError:
    """A Worker that the account does not have."""
    return ApiError(404, 10007, "This Worker does not exist on your account.")


def service_missing() -> ApiError:
    """The same, asked for as a service."""
    return ApiError(404, 10090, "workers.api.error.service_not_found")


def version_missing() -> ApiError:
    """A version that this Worker does not have."""
    return ApiError(
        404, 100146, "The requested Worker version could not be found, please check the ID being passed and try again."
    )


def version_too_old() -> ApiError:
    """A version beyond the 100 newest."""
    return ApiError(
        400, 100147, "The requested Worker version is too old: only the 100 newest versions can be deployed."
    )


def resources_changed(what: str) -> ApiError:
    """Also for a Durable Object migration in between."""
    return ApiError(400, 100140, f"The version cannot be deployed: {what}.")


def bad_deployment(message: str) -> ApiError:
    """guess: 10219 for a list of versions that is none."""
    return ApiError(400, 10219, message)


def script_invalid(message: str) -> ApiError:
    """Code or configuration that cannot run, with the reason."""
    return ApiError(400, 10021, message)


def script_too_large() -> ApiError:
    """Over 10 MiB compressed, or 64 MiB as it is."""
    return ApiError(413, 10027, "Your Worker exceeded the size limit of 10 MiB.")


def secrets_changed(names: list[str]) -> ApiError:
    """A version that is older than the live one and has other secrets."""
    return ApiError(400, 10220, f"The following secrets have changed: {', '.join(names)}")


def durable_object_migration() -> ApiError:
    """A migration in an upload that is not deployed at once."""
    return ApiError(
        400, 10211, "Versions with a Durable Object migration cannot be uploaded: deploy it with `wrangler deploy`."
    )


def service_worker_version() -> ApiError:
    """guess: 10026 for an upload without traffic that is no ES module."""
    return ApiError(400, 10026, "Versions can only be uploaded in ES modules format: use `wrangler deploy`.")


def zone_missing(pattern: str) -> ApiError:
    """guess: 10082 for a route whose host is in no zone of the account."""
    return ApiError(400, 10082, f"Route pattern '{pattern}' is in no zone of this account.")


def route_taken(pattern: str, script: str) -> ApiError:
    """A route that another Worker has."""
    return ApiError(409, 10020, f"A route with the same pattern already exists: {pattern} belongs to {script}.")


def class_not_configured(class_name: str) -> ApiError:
    """A Durable Object whose class no migration has made."""
    return ApiError(
        400,
        10061,
        f"Cannot create binding for class '{class_name}' because it is not currently configured to implement "
        "Durable Objects. Did you forget to apply a migration?",
    )


def migration_tag_mismatch(expected: str | None) -> ApiError:
    """A migration that starts from another tag than the Worker is at."""
    return ApiError(412, 10079, f"Migration tag precondition failed; current tag is {expected or 'empty'}")


def settings_not_deployed() -> ApiError:
    """A change of settings, secrets in bulk among them, while the newest version is not fully live."""
    return ApiError(400, 10214, "Settings edit failed: the latest version of this Worker is not currently deployed.")


def secret_not_deployed() -> ApiError:
    """A change of a secret while the newest version is not fully live."""
    return ApiError(400, 10215, "Secret edit failed: the latest version of this Worker is not currently deployed.")


def secret_missing(name: str) -> ApiError:
    """A secret that the newest version does not have."""
    return ApiError(404, 10056, f"Secret '{name}' was not found.")


def nothing_to_inherit(name: str) -> ApiError:
    """A binding to inherit that the version before does not have."""
    return ApiError(400, 10057, f"Cannot inherit binding '{name}': the previous version has no such binding.")


def no_versions() -> ApiError:
    """guess: the code of a Worker without any version."""
    return ApiError(400, 10222, "This Worker has no versions.")


def namespace_missing(title: str = "namespace") -> ApiError:
    """A KV namespace that the account does not have."""
    return ApiError(404, 10013, f"{title} not found")


def namespace_exists() -> ApiError:
    """A title that is taken."""
    return ApiError(400, 10014, "a namespace with this account ID and title already exists")


def key_missing() -> ApiError:
    """A key that the namespace does not have."""
    return ApiError(404, 10009, "get: 'key not found'")


def database_missing(database: str) -> ApiError:
    """A D1 database that the account does not have."""
    return ApiError(404, 7404, f"The database {database} could not be found")


def database_exists(name: str) -> ApiError:
    """A name that is taken."""
    return ApiError(400, 7502, f"A database with the name '{name}' already exists")


def sql_failed(message: str) -> ApiError:
    """SQL that failed, with SQLite's words."""
    return ApiError(400, 7500, message)


def bookmark_missing() -> ApiError:
    """guess: 7400."""
    return ApiError(400, 7400, "There is no such bookmark for this database.")


def bucket_missing() -> ApiError:
    """An R2 bucket that the account does not have."""
    return ApiError(404, 10006, "The specified bucket does not exist.")


def bucket_exists() -> ApiError:
    """A name that is taken."""
    return ApiError(409, 10004, "The bucket you tried to create already exists, and you own it.")


def object_missing() -> ApiError:
    """An object that the bucket does not have."""
    return ApiError(404, 10007, "The specified key does not exist.")


def bound_resource_missing(kind: str, name: str, resource: str) -> ApiError:
    """A binding to a namespace, database, bucket or Worker that the account does not have."""
    hint = "Verify that it exists in your account and that its name or id in your configuration is correct."
    code, message = {
        "kv": (10041, f"KV namespace '{resource}' not found."),
        "d1": (10181, f"D1 binding '{name}' references database '{resource}' which was not found. {hint}"),
        "r2": (10085, f"R2 bucket '{resource}' not found. Please use a different name and try again."),
        "service": (10143, f"Could not resolve service binding '{name}'. Target script '{resource}' not found."),
    }[kind]
    return ApiError(400, code, message)


def not_simulated(what: str) -> ApiError:
    """The sandbox's own: it says so rather than pretend."""
    return ApiError(501, 90001, f"The sandbox does not simulate {what}.")


def rate_limited() -> ApiError:
    """guess: 971, as other parts of the vendor's API answer."""
    return ApiError(429, 971, "Please wait and consider throttling your request speed")
