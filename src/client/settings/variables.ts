/**
 * Environment variables that secrets come from which no file holds. Nothing secret is ever an option on the command line:
 * other users of the machine can read those.
 */
export const VARIABLES = {
  password: 'KEPT_SASL_PASSWORD',
  token: 'KEPT_SASL_TOKEN',
  passphrase: 'KEPT_TLS_KEY_PASSPHRASE',
} as const;

/** What no other program is to be handed. */
export const SECRET_VARIABLES: readonly string[] = Object.values(VARIABLES);
