/** Why a broker could not be spoken to, in words, and what to do about it. */
import { redactor } from '../../core/secret.ts';
import { clause } from '../../core/words.ts';
import { secretsOf, type Security } from '../endpoint.ts';
import type { Unanswered } from './session.ts';

export interface Advice {
  /** A clause. */
  why: string;
  /** A sentence; empty where there is nothing to add. */
  hint: string;
}

/** @param security as it was used: what is missing in it may be the reason. */
export function adviceFor({ reason, detail }: Unanswered, security: Security): Advice {
  const known = KNOWN.find(({ reasons }) => reasons.test(reason));
  if (known !== undefined) return { why: known.why, hint: known.hint };
  const { tls, sasl } = security;
  const said = redactor(secretsOf(security))(detail ?? '');
  // The library says so of what was thrown before anything was sent.
  if (tls !== undefined && said.startsWith('Failed to connect: '))
    return {
      why: `this client’s own key or certificates cannot be used (${clause(said.slice('Failed to connect: '.length))})`,
      hint: 'Check the files, and the passphrase of the key ($KEPT_TLS_KEY_PASSPHRASE, or ssl.key.password in --command-config).',
    };
  if (reason === 'SASL_AUTHENTICATION_FAILED') {
    return {
      why: `${sasl!.mechanism} was refused${said === '' ? '' : ` (${clause(said)})`}`,
      hint: 'Check the user, the password or token, and which mechanisms this listener enables.',
    };
  }
  if (CLOSED.test(reason)) {
    const maybe = [
      ...(tls === undefined ? ['TLS (--tls-ca FILE, or security.protocol in --command-config)'] : []),
      ...(sasl === undefined ? ['SASL (--sasl MECHANISM)'] : []),
      ...(tls !== undefined && tls.cert === undefined && tls.archive === undefined
        ? ['a certificate of the client (--tls-cert and --tls-key)']
        : []),
      ...(tls === undefined ? [] : ['no TLS at all']),
    ];
    return {
      why: `the connection was closed by the other side (${reason})`,
      hint: `This listener may want ${maybe.join(', or ')}.`,
    };
  }
  return { why: said === '' || said === reason ? reason : `${reason} (${clause(said)})`, hint: '' };
}

const CLOSED = /^(CONNECTION_CLOSED|ECONNRESET|EPIPE|NOT_CONNECTED)$/;

const KNOWN: readonly (Advice & { reasons: RegExp })[] = [
  {
    reasons: /^ECONNREFUSED$/,
    why: 'nothing listens there (ECONNREFUSED)',
    hint: 'Check host and port, and that the broker runs.',
  },
  {
    reasons: /^(ENOTFOUND|EAI_AGAIN)$/,
    why: 'that name is not known here',
    hint: 'Check the name, and the name server of this machine.',
  },
  {
    reasons: /^(EHOSTUNREACH|ENETUNREACH|ETIMEDOUT|CONNECTION_TIMEOUT|REQUEST_TIMEOUT)$/,
    why: 'no answer came in time',
    hint: 'Check host and port, firewalls in between, and whether the listener expects TLS or none.',
  },
  {
    reasons:
      /^(SELF_SIGNED_CERT_IN_CHAIN|DEPTH_ZERO_SELF_SIGNED_CERT|UNABLE_TO_VERIFY_LEAF_SIGNATURE|UNABLE_TO_GET_ISSUER_CERT(_LOCALLY)?|CERT_SIGNATURE_FAILURE|CERT_UNTRUSTED)$/,
    why: 'its certificate is signed by an authority that is not trusted here',
    hint: 'Give the certificate of that authority with --tls-ca FILE, or as the trust store of --command-config.',
  },
  {
    reasons: /^(ERR_TLS_CERT_ALTNAME_INVALID|HOSTNAME_MISMATCH)$/,
    why: 'its certificate is made out to another name than the address',
    hint: 'Use the name that stands in it; or set ssl.endpoint.identification.algorithm= (empty) in --command-config if you know that it is the right broker.',
  },
  {
    reasons: /^(CERT_HAS_EXPIRED|CERT_NOT_YET_VALID)$/,
    why: 'its certificate is not valid at this time',
    hint: 'Check the certificate, and the clock of this machine.',
  },
  {
    reasons:
      /^(ERR_SSL_WRONG_VERSION_NUMBER|EPROTO|ERR_SSL_PACKET_LENGTH_TOO_LONG|ERR_SSL_UNEXPECTED_MESSAGE)$/,
    why: 'it does not speak TLS there',
    hint: 'Leave TLS out, or use the port of the listener that has it.',
  },
  {
    reasons:
      /^ERR_SSL_.*(CERTIFICATE_REQUIRED|BAD_CERTIFICATE|UNKNOWN_CA|CERTIFICATE_UNKNOWN|HANDSHAKE_FAILURE)$/,
    why: 'it does not accept this client’s certificate, or wants one',
    hint: 'Give one with --tls-cert FILE and --tls-key FILE, or as the key store of --command-config.',
  },
];
