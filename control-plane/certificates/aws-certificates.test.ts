import assert from "node:assert/strict";
import { createPrivateKey } from "node:crypto";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { type CertifiedKey, issueCertificate, makeAuthority } from "../identity/certificates.js";
import { awsCertificates } from "./aws-certificates.js";
import { CertificateError, type CertificateSource } from "./certificate-source.js";

const arn = "arn:aws:acm:eu-west-1:123456789012:certificate/a";
const authorityArn = "arn:aws:acm-pca:eu-west-1:123456789012:certificate-authority/a";

describe("certificates through AWS's SDK", () => {
  let server: Server;
  let endpoint: string;
  let aws: CertificateSource;
  let authority: CertifiedKey;
  let issued: CertifiedKey;
  let answer: ((asked: Record<string, string>) => { status?: number; body: object }) | undefined;
  const asked: { readonly target: unknown; readonly region: unknown }[] = [];
  const environment = { ...process.env };

  before(async () => {
    Object.assign(process.env, { AWS_ACCESS_KEY_ID: "tests", AWS_SECRET_ACCESS_KEY: "tests" });
    const day = 24 * 60 * 60 * 1000;
    const validity = { notBefore: new Date(Date.now() - day), notAfter: new Date(Date.now() + day) };
    authority = await makeAuthority("Root", validity);
    issued = await issueCertificate(authority, { commonName: "a", usages: ["server"], ...validity });
    server = createServer(async (request, response) => {
      let text = "";
      for await (const chunk of request) text += chunk;
      const region = /Credential=tests\/\d+\/([^,]*)\/aws4_request/.exec(
        request.headers.authorization ?? "",
      )?.[1];
      asked.push({ target: request.headers["x-amz-target"], region });
      if (answer === undefined) return;
      const { status = 200, body } = answer(JSON.parse(text));
      response.writeHead(status, { "content-type": "application/x-amz-json-1.1" });
      response.end(JSON.stringify(body));
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    aws = awsCertificates({ acmEndpoint: endpoint, acmPcaEndpoint: endpoint });
  });
  beforeEach(() => {
    asked.length = 0;
  });
  after(() => {
    process.env = environment;
    server.closeAllConnections();
    server.close();
  });

  const exporting = (key: string) => (question: Record<string, string>) => {
    const passphrase = Buffer.from(question.Passphrase as string, "base64");
    assert.ok(passphrase.length >= 32);
    const cipher = "aes-256-cbc";
    return {
      body: {
        Certificate: issued.certificate,
        CertificateChain: authority.certificate,
        PrivateKey: createPrivateKey(key).export({ type: "pkcs8", format: "pem", cipher, passphrase }),
      },
    };
  };

  it("export a certificate with its key, without the passphrase that it comes with, in the region of its ARN", async () => {
    answer = exporting(issued.key);
    assert.deepEqual(await aws.certificate(arn), {
      certificate: `${issued.certificate.trim()}\n`,
      issuers: `${authority.certificate.trim()}\n`,
      privateKey: createPrivateKey(issued.key).export({ type: "pkcs8", format: "pem" }),
    });
    assert.deepEqual(asked, [{ target: "CertificateManager.ExportCertificate", region: "eu-west-1/acm" }]);
  });

  it("tell an authority's certificate, and those above it", async () => {
    answer = ({ CertificateAuthorityArn }) => {
      assert.equal(CertificateAuthorityArn, authorityArn);
      return { body: { Certificate: issued.certificate, CertificateChain: authority.certificate } };
    };
    const both = `${issued.certificate.trim()}\n${authority.certificate.trim()}\n`;
    assert.deepEqual(await aws.authority(authorityArn), { certificates: both });
    answer = () => ({ body: { Certificate: authority.certificate } });
    assert.deepEqual(await aws.authority(authorityArn), {
      certificates: `${authority.certificate.trim()}\n`,
    });
    assert.deepEqual(asked[0], {
      target: "ACMPrivateCA.GetCertificateAuthorityCertificate",
      region: "eu-west-1/acm-pca",
    });
  });

  const refusal = async (ask: () => Promise<unknown>): Promise<string> => {
    const error = await ask().then(
      () => undefined,
      (reason) => reason,
    );
    assert.ok(error instanceof CertificateError);
    return error.message;
  };
  const refuse = (type: string) => {
    answer = () => ({ status: 400, body: { __type: type, message: "the service's own words" } });
  };
  const both = async () => [
    await refusal(() => aws.certificate(arn)),
    await refusal(() => aws.authority(authorityArn)),
  ];

  it("refuse a key that is another certificate's", async () => {
    answer = exporting(authority.key);
    assert.equal(
      await refusal(() => aws.certificate(arn)),
      `AWS Certificate Manager does not give ${arn}: Error: the private key is another certificate's`,
    );
  });

  it("say what is not there, what may not be, and what to do", async () => {
    refuse("ResourceNotFoundException");
    assert.deepEqual(await both(), [
      `AWS Certificate Manager has no ${arn}: create it, or name another`,
      `AWS Private CA has no ${authorityArn}: create it, or name another`,
    ]);
    refuse("AccessDeniedException");
    assert.deepEqual(await both(), [
      `AWS Certificate Manager refuses ${arn} (AccessDeniedException): allow the control plane's credentials acm:ExportCertificate`,
      `AWS Private CA refuses ${authorityArn} (AccessDeniedException): allow the control plane's credentials acm-pca:GetCertificateAuthorityCertificate`,
    ]);
    refuse("ValidationException");
    assert.equal(
      (await both())[0],
      `AWS Certificate Manager does not give ${arn}: the service's own words. Only issued, private certificates can be exported`,
    );
  });

  it("say what is no ARN of theirs", async () => {
    assert.deepEqual(
      [await refusal(() => aws.certificate(authorityArn)), await refusal(() => aws.authority("arn:a:b:c"))],
      [
        `"${authorityArn}" is no ARN of AWS Certificate Manager: it must be arn:aws:acm:REGION:ACCOUNT:…`,
        '"arn:a:b:c" is no ARN of AWS Private CA: it must be arn:aws:acm-pca:REGION:ACCOUNT:…',
      ],
    );
    assert.deepEqual(asked, []);
  });

  it("say so where there are no credentials, or no answer", async () => {
    const nobody = { acmEndpoint: "http://127.0.0.1:2", acmPcaEndpoint: "http://127.0.0.1:2" };
    assert.deepEqual(
      [
        await refusal(() => awsCertificates(nobody).certificate(arn)),
        await refusal(() => awsCertificates(nobody).authority(authorityArn)),
      ],
      [
        `AWS Certificate Manager does not give ${arn}: ECONNREFUSED`,
        `AWS Private CA does not give ${authorityArn}: ECONNREFUSED`,
      ],
    );
    answer = undefined;
    const hurried = awsCertificates({ acmEndpoint: endpoint, acmPcaEndpoint: endpoint, timeoutMillis: 50 });
    assert.deepEqual(
      [await refusal(() => hurried.certificate(arn)), await refusal(() => hurried.authority(authorityArn))],
      [
        `AWS Certificate Manager does not answer for ${arn}`,
        `AWS Private CA does not answer for ${authorityArn}`,
      ],
    );
    const keys = { ...process.env };
    delete process.env.AWS_ACCESS_KEY_ID;
    delete process.env.AWS_SECRET_ACCESS_KEY;
    Object.assign(process.env, {
      AWS_EC2_METADATA_DISABLED: "true",
      AWS_CONFIG_FILE: "/dev/null",
      AWS_SHARED_CREDENTIALS_FILE: "/dev/null",
    });
    try {
      const anonymous = awsCertificates({ acmEndpoint: endpoint, acmPcaEndpoint: endpoint });
      assert.equal(
        await refusal(() => anonymous.authority(authorityArn)),
        `${authorityArn} cannot be had from AWS Private CA without AWS credentials: give the control plane a role, ` +
          "AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY",
      );
    } finally {
      process.env = keys;
    }
  });
});
