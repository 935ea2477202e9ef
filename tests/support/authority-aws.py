"""AWS KMS, Secrets Manager and Private CA, as far as authorities need them. moto has them too, but lets everything pass:
disabled keys sign, and Private CA signs what it likes. What is asked is held against botocore's shapes, certificates are
pyca's. Prints one JSON line: where it listens, and the ARNs of what it has. POST /faults {"throttle": true} refuses every
other request, {"away": true} all, {"denied": true} says that the role may not."""

import base64
import datetime
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import botocore.session
import botocore.validate
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

session = botocore.session.get_session()
models = {
    "TrentService": session.get_service_model("kms"),
    "secretsmanager": session.get_service_model("secretsmanager"),
    "ACMPrivateCA": session.get_service_model("acm-pca"),
}
day = datetime.timedelta(days=1)


def now():
    return datetime.datetime.now(datetime.timezone.utc)


def pem(of):
    return of.public_bytes(serialization.Encoding.PEM).decode()


def pem_of_key(key):
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()


class Authority:
    """A certificate authority: its own root, or below another one."""

    def __init__(self, name, above=None, key=None, start=None, end=None):
        self.key = key or ec.generate_private_key(ec.SECP256R1())
        self.above = above
        issuer = above or self
        subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
        public = self.key.public_key()
        self.certificate = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(above.certificate.subject if above else subject)
            .public_key(public)
            .serial_number(x509.random_serial_number())
            .not_valid_before(start or now() - day)
            .not_valid_after(end or now() + 3650 * day)
            .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer.key.public_key()), critical=False)
            .sign(issuer.key, hashes.SHA256())
        )

    def chain(self):
        return "" if self.above is None else pem(self.above.certificate) + self.above.chain()

    def bundle(self):
        return pem(self.certificate) + self.chain() + pem_of_key(self.key)


account = "us-east-1:111122223333"
kms = {f"arn:aws:kms:{account}:key/{name}": name for name in ("good", "rsa", "symmetric", "disabled", "encrypts")}
keys = {
    "good": ec.generate_private_key(ec.SECP256R1()),
    "disabled": ec.generate_private_key(ec.SECP256R1()),
    "encrypts": ec.generate_private_key(ec.SECP256R1()),
    "rsa": rsa.generate_private_key(public_exponent=65537, key_size=2048),
}
root = Authority("Example root")
below = Authority("Example services", root)
p384 = Authority("Example P-384", key=ec.generate_private_key(ec.SECP384R1()))
ended = Authority("Example ended", start=now() - 20 * day, end=now() - day)
secrets = {
    "good": Authority("Example").bundle(),
    "below": below.bundle(),
    "sibling": Authority("Example workloads", root).bundle(),
    "p384": p384.bundle(),
    "ended": ended.bundle(),
    "without-root": pem(below.certificate) + pem_of_key(below.key),
    "without-key": pem(root.certificate),
    "other-key": pem(root.certificate) + pem_of_key(below.key),
    "binary": None,
}
arns = {name: f"arn:aws:secretsmanager:{account}:secret:{name}-AbCdEf" for name in secrets}
authorities = {
    f"arn:aws:acm-pca:{account}:certificate-authority/{name}": of
    for name, of in {
        "good": Authority("Example Private CA"),
        "below": Authority("Example Private CA below", Authority("Example Private root")),
        "rsa": Authority("Example RSA", key=rsa.generate_private_key(public_exponent=65537, key_size=2048)),
        "pending": None,
    }.items()
}
faults = {}
counts = {}
issued = {}
lock = threading.Lock()


class Refused(Exception):
    def __init__(self, name, message=""):
        super().__init__(message)
        self.name = name


def blobs(value, shape):
    """What JSON has in base64."""
    if shape.type_name == "blob":
        return base64.b64decode(value)
    if shape.type_name == "structure":
        return {name: blobs(member, shape.members[name]) if name in shape.members else member for name, member in value.items()}
    if shape.type_name == "list":
        return [blobs(item, shape.member) for item in value]
    return value


def get_public_key(asked):
    name = kms.get(asked["KeyId"])
    if name is None:
        raise Refused("NotFoundException", "Key does not exist")
    if name == "symmetric":
        raise Refused("UnsupportedOperationException", f"{asked['KeyId']} is not an asymmetric key.")
    if name == "disabled":
        raise Refused("DisabledException", f"{asked['KeyId']} is disabled.")
    public = keys[name].public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    spec = "RSA_2048" if name == "rsa" else "ECC_NIST_P256"
    return {
        "KeyId": asked["KeyId"],
        "PublicKey": base64.b64encode(public).decode(),
        "CustomerMasterKeySpec": spec,
        "KeySpec": spec,
        "KeyUsage": "KEY_AGREEMENT" if name == "encrypts" else "SIGN_VERIFY",
    }


def sign(asked):
    if asked["SigningAlgorithm"] != "ECDSA_SHA_256" or asked.get("MessageType", "RAW") != "RAW":
        raise Refused("ValidationException", "another algorithm")
    signature = keys[kms[asked["KeyId"]]].sign(asked["Message"], ec.ECDSA(hashes.SHA256()))
    return {"KeyId": asked["KeyId"], "Signature": base64.b64encode(signature).decode()}


def get_secret_value(asked):
    name = next((name for name, arn in arns.items() if arn == asked["SecretId"]), None)
    if name is None:
        raise Refused("ResourceNotFoundException", "Secrets Manager can't find the specified secret.")
    text = secrets[name]
    return {"ARN": arns[name], "Name": name, **({"SecretString": text} if text else {"SecretBinary": "AA=="})}


def authority_of(asked):
    arn = asked["CertificateAuthorityArn"]
    if arn not in authorities:
        raise Refused("ResourceNotFoundException", "Could not find the authority")
    if authorities[arn] is None:
        raise Refused("InvalidStateException", "The certificate authority is not in the correct state")
    return authorities[arn]


def get_authority(asked):
    authority = authority_of(asked)
    return {"Certificate": pem(authority.certificate), **({"CertificateChain": authority.chain()} if authority.above else {})}


def issue_certificate(asked):
    authority = authority_of(asked)
    if asked["TemplateArn"] != "arn:aws:acm-pca:::template/BlankEndEntityCertificate_CSRPassthrough/V1":
        raise Refused("InvalidArgsException", "another template")
    of = "RSA" if isinstance(authority.key, rsa.RSAPrivateKey) else "ECDSA"
    if asked["SigningAlgorithm"] != f"SHA256WITH{of}":
        raise Refused("InvalidArgsException", "the algorithm is not that of the authority's key")
    if asked["Validity"]["Type"] != "ABSOLUTE" or asked["ValidityNotBefore"]["Type"] != "ABSOLUTE":
        raise Refused("InvalidArgsException", "another validity")
    start, end = (
        datetime.datetime.fromtimestamp(asked[name]["Value"], datetime.timezone.utc)
        for name in ("ValidityNotBefore", "Validity")
    )
    if end - now() > 7 * day:
        raise Refused("ValidationException", "a short-lived certificate is valid for seven days at most")
    request = x509.load_pem_x509_csr(asked["Csr"])
    if not request.is_signature_valid:
        raise Refused("MalformedCSRException", "the signature")
    builder = (
        x509.CertificateBuilder()
        .subject_name(request.subject)
        .issuer_name(authority.certificate.subject)
        .public_key(request.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(start)
        .not_valid_after(end)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(authority.key.public_key()), critical=False)
    )
    for extension in request.extensions:
        builder = builder.add_extension(extension.value, extension.critical)
    certificate = builder.sign(authority.key, hashes.SHA256())
    arn = f"{asked['CertificateAuthorityArn']}/certificate/{certificate.serial_number:032x}"
    issued[arn] = [1, pem(certificate)]
    return {"CertificateArn": arn}


def get_certificate(asked):
    with lock:
        # As with AWS, it is not there at once.
        waits, certificate = issued[asked["CertificateArn"]]
        issued[asked["CertificateArn"]][0] = waits - 1
    if waits > 0:
        raise Refused("RequestInProgressException", "Please wait")
    authority = authority_of(asked)
    return {"Certificate": certificate, "CertificateChain": pem(authority.certificate) + authority.chain()}


operations = {
    "GetPublicKey": get_public_key,
    "Sign": sign,
    "GetSecretValue": get_secret_value,
    "GetCertificateAuthorityCertificate": get_authority,
    "IssueCertificate": issue_certificate,
    "GetCertificate": get_certificate,
}


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        if self.path == "/faults":
            faults.clear()
            faults.update(json.loads(body))
            return self.answer(200, {})
        try:
            self.answer(200, self.operation(json.loads(body)))
        except Refused as refused:
            self.answer(400, {"__type": refused.name, "message": str(refused)})

    def do_GET(self):
        self.answer(200, counts)

    def operation(self, body):
        service, name = self.headers["x-amz-target"].split(".")
        with lock:
            counts[name] = counts.get(name, 0) + 1
            count = sum(counts.values())
        if "authorization" not in self.headers:
            raise Refused("MissingAuthenticationTokenException")
        if faults.get("away"):
            raise Refused("ThrottlingException", "Rate exceeded")
        if faults.get("throttle") and count % 2 == 0:
            raise Refused("ThrottlingException", "Rate exceeded")
        if faults.get("denied"):
            raise Refused("AccessDeniedException", f"not authorized to perform: {name}")
        shape = models[service].operation_model(name).input_shape
        asked = blobs(body, shape)
        report = botocore.validate.ParamValidator().validate(asked, shape)
        if report.has_errors():
            raise Refused("ValidationException", report.generate_report())
        return operations[name](asked)

    def answer(self, status, body):
        text = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("content-type", "application/x-amz-json-1.1")
        self.send_header("content-length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, *_):
        pass


server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
server.daemon_threads = True
print(
    json.dumps(
        {
            "url": f"http://127.0.0.1:{server.server_port}",
            "kms": {name: arn for arn, name in kms.items()},
            "secrets": arns,
            "authorities": {arn.split("/")[1]: arn for arn in authorities},
            "bundle": Authority("Example files").bundle(),
        }
    ),
    flush=True,
)
server.serve_forever()
