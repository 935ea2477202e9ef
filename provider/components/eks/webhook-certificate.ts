import { type Input, output } from "@pulumi/pulumi";
import { issueCertificate, makeAuthority } from "@pulumi-appmesh/control-plane/identity/certificates.js";

const YEARS = 10;

/** An authority and a certificate of it for the Service of the controller's webhooks, as files of a Secret, in PEM. */
export const webhookCertificate = (release: string, namespace: Input<string>) =>
  output(namespace).apply(async (known) => {
    const notBefore = new Date();
    const notAfter = new Date(notBefore);
    notAfter.setFullYear(notAfter.getFullYear() + YEARS);
    const service = `${release}-webhook-service.${known}.svc`;
    const authority = await makeAuthority(`${release} webhooks`, { notBefore, notAfter });
    const own = await issueCertificate(authority, {
      commonName: service,
      names: [service, `${service}.cluster.local`],
      usages: ["server"],
      notBefore,
      notAfter,
    });
    return { "ca.crt": authority.certificate, "tls.crt": own.certificate, "tls.key": own.key };
  });
