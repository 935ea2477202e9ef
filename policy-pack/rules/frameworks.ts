import type { Framework } from "../rule.js";

/** Requirements to encrypt what is transmitted. */
export const encryptedInTransit: readonly Framework[] = [
  { name: "NIST SP 800-53", version: "5", reference: "SC-8" },
  { name: "PCI DSS", version: "4.0.1", reference: "4.2.1" },
];

/** Requirements to know who calls. */
export const authenticatedServices: readonly Framework[] = [
  { name: "NIST SP 800-53", version: "5", reference: "IA-9" },
  { name: "NIST SP 800-53", version: "5", reference: "SC-23" },
];

/** Requirements on keys. */
export const managedKeys: readonly Framework[] = [
  { name: "NIST SP 800-53", version: "5", reference: "SC-12" },
];

/** Requirements to deny what is not allowed. */
export const deniedByDefault: readonly Framework[] = [
  { name: "NIST SP 800-53", version: "5", reference: "SC-7(5)" },
  { name: "PCI DSS", version: "4.0.1", reference: "1.3.2" },
];

/** Requirements to record what happens. */
export const recorded: readonly Framework[] = [
  { name: "NIST SP 800-53", version: "5", reference: "AU-2" },
  { name: "PCI DSS", version: "4.0.1", reference: "10.2.1" },
];

/** Requirements to allow no more than is needed. */
export const leastPrivilege: readonly Framework[] = [
  { name: "NIST SP 800-53", version: "5", reference: "AC-6" },
  { name: "PCI DSS", version: "4.0.1", reference: "7.2.5" },
];
