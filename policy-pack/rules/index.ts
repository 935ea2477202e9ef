import type { Rule } from "../rule.js";
import { declarationsReadable } from "./declarations/declarations-readable.js";
import { egressDropAll } from "./egress/egress-drop-all.js";
import { namePattern } from "./naming/name-pattern.js";
import { requiredTags } from "./naming/required-tags.js";
import { accessLog } from "./observability/access-log.js";
import { tracing } from "./observability/tracing.js";
import { connectionPool } from "./resiliency/connection-pool.js";
import { healthCheck } from "./resiliency/health-check.js";
import { outlierDetection } from "./resiliency/outlier-detection.js";
import { requestTimeout } from "./resiliency/request-timeout.js";
import { retryAmplification } from "./retries/retry-amplification.js";
import { retryAttemptsBounded } from "./retries/retry-attempts-bounded.js";
import { retryIdempotentOnly } from "./retries/retry-idempotent-only.js";
import { retryPolicyRequired } from "./retries/retry-policy-required.js";
import { retryWithinTimeout } from "./retries/retry-within-timeout.js";
import { referencesResolve } from "./routing/references-resolve.js";
import { routeWeights } from "./routing/route-weights.js";
import { routesReachable } from "./routing/routes-reachable.js";
import { routesToEmptyServices } from "./routing/routes-to-empty-services.js";
import { servicesUsed } from "./routing/services-used.js";
import { sidecarAttachedPolicies } from "./sidecars/sidecar-attached-policies.js";
import { sidecarChosenOnce } from "./sidecars/sidecar-chosen-once.js";
import { sidecarEssential } from "./sidecars/sidecar-essential.js";
import { sidecarHealthChecked } from "./sidecars/sidecar-health-checked.js";
import { sidecarImagePinned } from "./sidecars/sidecar-image-pinned.js";
import { sidecarLeastPrivilege } from "./sidecars/sidecar-least-privilege.js";
import { sidecarNoPlainSecrets } from "./sidecars/sidecar-no-plain-secrets.js";
import { sidecarNotBypassed } from "./sidecars/sidecar-not-bypassed.js";
import { sidecarNotRoot } from "./sidecars/sidecar-not-root.js";
import { sidecarOwnNetwork } from "./sidecars/sidecar-own-network.js";
import { sidecarRedirection } from "./sidecars/sidecar-redirection.js";
import { sidecarStartOrder } from "./sidecars/sidecar-start-order.js";
import { tlsClientEnforced } from "./tls/tls-client-enforced.js";
import { tlsClientPolicy } from "./tls/tls-client-policy.js";
import { tlsCoverage } from "./tls/tls-coverage.js";
import { tlsGatewayStrict } from "./tls/tls-gateway-strict.js";
import { tlsListenerStrict } from "./tls/tls-listener-strict.js";
import { tlsManagedCertificates } from "./tls/tls-managed-certificates.js";
import { tlsMutual } from "./tls/tls-mutual.js";
import { tlsNamesPinned } from "./tls/tls-names-pinned.js";

/** All rules, in the order in which they are told. */
export const rules: readonly Rule[] = [
  tlsListenerStrict,
  tlsGatewayStrict,
  tlsClientPolicy,
  tlsClientEnforced,
  tlsNamesPinned,
  tlsManagedCertificates,
  tlsMutual,
  tlsCoverage,
  retryPolicyRequired,
  retryAttemptsBounded,
  retryWithinTimeout,
  retryIdempotentOnly,
  retryAmplification,
  requestTimeout,
  healthCheck,
  outlierDetection,
  connectionPool,
  routeWeights,
  routesReachable,
  referencesResolve,
  routesToEmptyServices,
  servicesUsed,
  egressDropAll,
  accessLog,
  tracing,
  sidecarImagePinned,
  sidecarNotRoot,
  sidecarRedirection,
  sidecarNotBypassed,
  sidecarChosenOnce,
  sidecarOwnNetwork,
  sidecarEssential,
  sidecarHealthChecked,
  sidecarStartOrder,
  sidecarNoPlainSecrets,
  sidecarLeastPrivilege,
  sidecarAttachedPolicies,
  namePattern,
  requiredTags,
  declarationsReadable,
];
