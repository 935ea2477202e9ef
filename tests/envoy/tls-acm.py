"""Fills moto's ACM and AWS Private CA with what a test needs; prints what it made, as JSON."""

import json
import sys

import boto3
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

endpoint, address = sys.argv[1:]
options = {
    "endpoint_url": endpoint,
    "region_name": "us-east-1",
    "aws_access_key_id": "tests",
    "aws_secret_access_key": "tests",
}
pca = boto3.client("acm-pca", **options)
acm = boto3.client("acm", **options)
algorithm = "SHA256WITHECDSA"


def issued(authority, csr, **more):
    certificate = pca.issue_certificate(
        CertificateAuthorityArn=authority,
        Csr=csr,
        SigningAlgorithm=algorithm,
        Validity={"Type": "DAYS", "Value": 30},
        **more,
    )["CertificateArn"]
    answer = pca.get_certificate(CertificateAuthorityArn=authority, CertificateArn=certificate)
    return answer["Certificate"]


def authority(name):
    arn = pca.create_certificate_authority(
        CertificateAuthorityType="ROOT",
        CertificateAuthorityConfiguration={
            "KeyAlgorithm": "EC_prime256v1",
            "SigningAlgorithm": algorithm,
            "Subject": {"CommonName": name},
        },
    )["CertificateAuthorityArn"]
    csr = pca.get_certificate_authority_csr(CertificateAuthorityArn=arn)["Csr"]
    template = "arn:aws:acm-pca:::template/RootCACertificate/V1"
    certificate = issued(arn, csr, TemplateArn=template)
    pca.import_certificate_authority_certificate(CertificateAuthorityArn=arn, Certificate=certificate)
    return arn


root, other = authority("Root"), authority("Other")
key = ec.generate_private_key(ec.SECP256R1())
csr = (
    x509.CertificateSigningRequestBuilder()
    .subject_name(x509.Name([]))
    .add_extension(x509.SubjectAlternativeName([x509.DNSName(address)]), critical=False)
    .sign(key, hashes.SHA256())
)
print(
    json.dumps(
        {
            "root": root,
            "other": other,
            "exportable": acm.request_certificate(DomainName=address, CertificateAuthorityArn=root)["CertificateArn"],
            "public": acm.request_certificate(DomainName="example.com")["CertificateArn"],
            "chain": issued(root, csr.public_bytes(serialization.Encoding.PEM)),
            "key": key.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            ).decode(),
        }
    )
)
