/**
 * What the parser of access log formats takes in every Envoy that is served, from 1.36 on. A listener whose log it does
 * not take is refused whole, so that a slip in a format, or an operator that came later, would cost a proxy its traffic.
 */

/** Why Envoy would refuse a format; undefined if it takes it. */
export function formatRefusal(format: string): string | undefined {
  for (let at = format.indexOf("%"); at >= 0; at = format.indexOf("%", at)) {
    if (format[at + 1] === "%") {
      at += 2;
      continue;
    }
    operator.lastIndex = at;
    const match = operator.exec(format);
    if (match === null) return `no command operator begins with ${JSON.stringify(format.slice(at, at + 20))}`;
    const [text, name = "", parameters, length] = match;
    const refusal = commandRefusal(name, parameters, length);
    if (refusal !== undefined) return `${text}: ${refusal}`;
    at += text.length;
  }
  return undefined;
}

/** %NAME%, %NAME(parameters)%, %NAME:length%, %NAME(parameters):length% */
const operator = /%([A-Z0-9_]+)(?:\((.*?)\))?(?::([0-9]+))?%/sy;

function commandRefusal(name: string, parameters: string | undefined, length: string | undefined) {
  if (parameters !== undefined && /[\0\r\n]/.test(parameters)) return "its parameters hold a line break";
  if (length !== undefined && Number(length) > 1_000_000) return "its length is too large";
  if (plain.has(name)) {
    return parameters === undefined && length === undefined
      ? undefined
      : "it takes no parameters and no length";
  }
  if (detailed.has(name)) return length === undefined ? undefined : "it takes no length";
  const rule = named[name];
  if (rule === undefined)
    return "Envoy has no such command operator, or not in all of its versions that are served";
  if (parameters === undefined ? !rule.optional : !rule.parameters.test(parameters))
    return `it is written as in ${rule.example}`;
  return length !== undefined && rule.whole ? "it takes no length" : undefined;
}

const header = /^[^?]+(\?[^?]+)?$/;
const anything = /^.+$/;
const state = /^[^:]+(:(PLAIN|TYPED)|:FIELD:.+)?$/;

interface NamedOperator {
  readonly parameters: RegExp;
  readonly example: string;
  /** It may do without parameters. */
  readonly optional?: true;
  /** Its value cannot be cut to a length. */
  readonly whole?: true;
}

/** Those that name something. */
const named: Readonly<Record<string, NamedOperator>> = {
  REQ: { parameters: header, example: "%REQ(X-REQUEST-ID)% or %REQ(X-PATH?:PATH):100%" },
  RESP: { parameters: header, example: "%RESP(CONTENT-TYPE)%" },
  TRAILER: { parameters: header, example: "%TRAILER(GRPC-STATUS)%" },
  QUERY_PARAM: { parameters: anything, example: "%QUERY_PARAM(page)%" },
  ENVIRONMENT: { parameters: anything, example: "%ENVIRONMENT(HOSTNAME)%" },
  DYNAMIC_METADATA: { parameters: anything, example: "%DYNAMIC_METADATA(NAMESPACE:KEY)%" },
  CLUSTER_METADATA: { parameters: anything, example: "%CLUSTER_METADATA(NAMESPACE:KEY)%", whole: true },
  UPSTREAM_METADATA: { parameters: anything, example: "%UPSTREAM_METADATA(NAMESPACE:KEY)%", whole: true },
  FILTER_STATE: { parameters: state, example: "%FILTER_STATE(KEY:PLAIN)%" },
  UPSTREAM_FILTER_STATE: { parameters: state, example: "%UPSTREAM_FILTER_STATE(KEY:PLAIN)%" },
  METADATA: {
    parameters: /^(DYNAMIC|CLUSTER|ROUTE|UPSTREAM_HOST|LISTENER|VIRTUAL_HOST)(:.+)?$/,
    example: "%METADATA(ROUTE:NAMESPACE:KEY)%",
  },
  PATH: {
    parameters: /^(WQ|NQ)(:(ORIG|PATH|ORIG_OR_PATH))?$/,
    example: "%PATH% or %PATH(NQ:ORIG):100%",
    optional: true,
  },
  GRPC_STATUS: {
    parameters: /^(CAMEL_STRING|SNAKE_STRING|NUMBER)?$/,
    example: "%GRPC_STATUS% or %GRPC_STATUS(NUMBER)%",
    optional: true,
    whole: true,
  },
  COMMON_DURATION: {
    parameters: /^[^:]+:[^:]+(:(ms|us|ns))?$/,
    example: "%COMMON_DURATION(DS_RX_BEG:DS_TX_END:ms)%",
    whole: true,
  },
};

const words = (text: string): ReadonlySet<string> => new Set(text.trim().split(/\s+/));

/** Those that may be given a date format or another detail. */
const detailed = words(`
  DOWNSTREAM_PEER_CERT_V_END DOWNSTREAM_PEER_CERT_V_START EMIT_TIME EMIT_TIME_LOCAL RESPONSE_CODE_DETAILS
  START_TIME START_TIME_LOCAL UPSTREAM_PEER_CERT_V_END UPSTREAM_PEER_CERT_V_START
`);

const plain = words(`
  ACCESS_LOG_TYPE BYTES_RECEIVED BYTES_RETRANSMITTED BYTES_SENT CONNECTION_ID CONNECTION_TERMINATION_DETAILS
  CUSTOM_FLAGS DOWNSTREAM_DECOMPRESSED_HEADER_BYTES_RECEIVED DOWNSTREAM_DECOMPRESSED_HEADER_BYTES_SENT
  DOWNSTREAM_DIRECT_LOCAL_ADDRESS DOWNSTREAM_DIRECT_LOCAL_ADDRESS_WITHOUT_PORT DOWNSTREAM_DIRECT_LOCAL_PORT
  DOWNSTREAM_DIRECT_REMOTE_ADDRESS DOWNSTREAM_DIRECT_REMOTE_ADDRESS_WITHOUT_PORT
  DOWNSTREAM_DIRECT_REMOTE_PORT DOWNSTREAM_HANDSHAKE_DURATION DOWNSTREAM_HEADER_BYTES_RECEIVED
  DOWNSTREAM_HEADER_BYTES_SENT DOWNSTREAM_LOCAL_ADDRESS DOWNSTREAM_LOCAL_ADDRESS_WITHOUT_PORT
  DOWNSTREAM_LOCAL_DNS_SAN DOWNSTREAM_LOCAL_EMAIL_SAN DOWNSTREAM_LOCAL_IP_SAN DOWNSTREAM_LOCAL_OTHERNAME_SAN
  DOWNSTREAM_LOCAL_PORT DOWNSTREAM_LOCAL_SUBJECT DOWNSTREAM_LOCAL_URI_SAN DOWNSTREAM_PEER_CERT
  DOWNSTREAM_PEER_CHAIN_FINGERPRINTS_1 DOWNSTREAM_PEER_CHAIN_FINGERPRINTS_256 DOWNSTREAM_PEER_CHAIN_SERIALS
  DOWNSTREAM_PEER_DNS_SAN DOWNSTREAM_PEER_EMAIL_SAN DOWNSTREAM_PEER_FINGERPRINT_1
  DOWNSTREAM_PEER_FINGERPRINT_256 DOWNSTREAM_PEER_IP_SAN DOWNSTREAM_PEER_ISSUER
  DOWNSTREAM_PEER_OTHERNAME_SAN DOWNSTREAM_PEER_SERIAL DOWNSTREAM_PEER_SUBJECT DOWNSTREAM_PEER_URI_SAN
  DOWNSTREAM_REMOTE_ADDRESS DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT DOWNSTREAM_REMOTE_PORT
  DOWNSTREAM_TLS_CIPHER DOWNSTREAM_TLS_SESSION_ID DOWNSTREAM_TLS_VERSION DOWNSTREAM_TRANSPORT_FAILURE_REASON
  DOWNSTREAM_WIRE_BYTES_RECEIVED DOWNSTREAM_WIRE_BYTES_SENT DURATION FILTER_CHAIN_NAME GRPC_STATUS_NUMBER
  HOSTNAME LOCAL_REPLY_BODY PACKETS_RETRANSMITTED PROTOCOL REQUESTED_SERVER_NAME REQUEST_DURATION
  REQUEST_HEADERS_BYTES REQUEST_TX_DURATION RESPONSE_CODE RESPONSE_DURATION RESPONSE_FLAGS
  RESPONSE_FLAGS_LONG RESPONSE_HEADERS_BYTES RESPONSE_TRAILERS_BYTES RESPONSE_TX_DURATION ROUNDTRIP_DURATION
  ROUTE_NAME STREAM_ID TLS_JA3_FINGERPRINT TLS_JA4_FINGERPRINT TRACE_ID UNIQUE_ID UPSTREAM_CLUSTER
  UPSTREAM_CLUSTER_RAW UPSTREAM_CONNECTION_ID UPSTREAM_CONNECTION_POOL_READY_DURATION
  UPSTREAM_DECOMPRESSED_HEADER_BYTES_RECEIVED UPSTREAM_DECOMPRESSED_HEADER_BYTES_SENT
  UPSTREAM_HEADER_BYTES_RECEIVED UPSTREAM_HEADER_BYTES_SENT UPSTREAM_HOST UPSTREAM_HOST_NAME
  UPSTREAM_HOST_NAME_WITHOUT_PORT UPSTREAM_LOCAL_ADDRESS UPSTREAM_LOCAL_ADDRESS_WITHOUT_PORT
  UPSTREAM_LOCAL_DNS_SAN UPSTREAM_LOCAL_IP_SAN UPSTREAM_LOCAL_PORT UPSTREAM_LOCAL_URI_SAN UPSTREAM_PEER_CERT
  UPSTREAM_PEER_DNS_SAN UPSTREAM_PEER_IP_SAN UPSTREAM_PEER_ISSUER UPSTREAM_PEER_SUBJECT
  UPSTREAM_PEER_URI_SAN UPSTREAM_PROTOCOL UPSTREAM_REMOTE_ADDRESS UPSTREAM_REMOTE_ADDRESS_WITHOUT_PORT
  UPSTREAM_REMOTE_PORT UPSTREAM_REQUEST_ATTEMPT_COUNT UPSTREAM_TLS_CIPHER UPSTREAM_TLS_SESSION_ID
  UPSTREAM_TLS_VERSION UPSTREAM_TRANSPORT_FAILURE_REASON UPSTREAM_WIRE_BYTES_RECEIVED
  UPSTREAM_WIRE_BYTES_SENT VIRTUAL_CLUSTER_NAME
`);

/** Each command operator in one of the ways in which it may be written. */
export const everyOperator: readonly string[] = [
  ...[...plain, ...detailed].map((name) => `%${name}%`),
  ...Object.values(named).map(({ example }) => example.replace(/^.* or /, "")),
];
