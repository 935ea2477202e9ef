// What names and quantities of Kubernetes look like.
import { string } from "@pulumi-appmesh/model";

/** RFC 1123's label. */
export const label = string({
  minLength: 1,
  maxLength: 63,
  pattern: {
    regex: /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/,
    says: 'in lower case letters, digits and "-", beginning and ending with a letter or digit',
  },
});

export const quantity = string({
  pattern: {
    regex: /^[0-9]+(\.[0-9]+)?(m|[kMGTPE]i?)?$/,
    says: "a quantity of Kubernetes, such as 500m or 1Gi",
  },
});

export const pem = string({
  minLength: 1,
  pattern: {
    regex: /^\s*-----BEGIN [A-Z ]+-----[\s\S]*-----END [A-Z ]+-----\s*$/,
    says: "in PEM",
  },
});

/** A region of AWS. */
export const region = string({
  pattern: { regex: /^[a-z]{2}(-[a-z]+)+-\d$/, says: "of a region of AWS, such as eu-west-1" },
});

/** Annotations of objects that somebody else may have made before: they are taken over as they are, and not refused. */
export const takenOver = { "pulumi.com/patchForce": "true" };

/** Of a Secret that is named and read: a preview that does not find it ends. */
export const MUST_EXIST =
  "It must exist; for one that the same program makes give the second part of its id, which no preview knows before it is there.";
