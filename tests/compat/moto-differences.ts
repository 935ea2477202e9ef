/** Where moto 5.2 and the control plane answer differently. */
export interface Difference {
  /** Of lines as the comparison makes them: "CreateMesh metadata.arn: moto …, here …". */
  readonly where: RegExp;
  /** Who follows AWS's contract and documentation, and why. */
  readonly reason: string;
}

export const differences: readonly Difference[] = [
  {
    where: /(createdAt|lastUpdatedAt): moto "\d\d\/\d\d\/\d{4}, \d\d:\d\d:\d\d", here \d+(\.\d+)?$/,
    reason: "Here. The contract's timestamps are seconds since 1970 in JSON; moto gives text, the day first.",
  },
  {
    where: /metadata\.uid: moto "[0-9a-f]{32}", here "[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"$/,
    reason: "Here. Each entity has a uid of its own, a UUID; moto gives one to all entities of all kinds.",
  },
  {
    where: /(meshOwner|resourceOwner): moto "AKIAIOSFODNN7EXAMPLE", here "123456789012"$/,
    reason: "Here. The owner is the id of an account, of 12 digits; moto gives an access key.",
  },
  {
    where:
      /\barn: moto "arn:aws:appmesh:us-east-1:123456789012:shop", here "arn:aws:appmesh:us-east-1:123456789012:mesh\/shop"$/,
    reason: "Here. AWS's authorization reference has the ARN of a mesh as arn:…:mesh/<name>.",
  },
  {
    where: /^(Create|Describe)Mesh spec\.serviceDiscovery\.ipPreference: moto null, here nothing$/,
    reason: "Here. App Mesh gave a spec back as it was written; moto adds what was not.",
  },
  {
    where: /VirtualNode spec\.(backends|backendDefaults\.clientPolicy\.tls\.ports): moto nothing, here \[\]$/,
    reason: "Here. App Mesh gave a spec back as it was written; moto leaves out empty lists.",
  },
  {
    where: /^List\w+ nextToken: moto null, here nothing$/,
    reason: "Either. The SDKs take null for absent; the contract's output does not require the member.",
  },
  {
    where:
      /^Describe\w+ \(absent\) (status: moto 400, here 404|error: moto \w+NotFound, here NotFoundException)$/,
    reason: "Here. The contract's error is NotFoundException, of 404; moto's codes are of no contract.",
  },
  {
    where:
      /^Create(?!Mesh|VirtualService)\w+ \(again\) (status: moto 400, here 409|error: moto \w+NameAlreadyTaken, here ConflictException)$/,
    reason: "Here. The contract's error is ConflictException, of 409.",
  },
  {
    where: /^CreateMesh \(again\) (status: moto 200, here 409|error: moto nothing, here ConflictException)$/,
    reason: "Here. The second creation is a conflict; moto replaces the mesh, and loses all that is in it.",
  },
  {
    where:
      /^Create(?!VirtualService)\w+ \(wrong\) (status: moto 200, here 400|error: moto nothing, here BadRequestException)$/,
    reason:
      "Here. A spec that the contract does not allow is refused; moto makes something of what it knows of it.",
  },
  {
    where: /VirtualServices?( \(\w+\))? (status: moto 404, here (200|400|409)|error: moto none, here \w+)$/,
    reason: "Here. moto has no virtual services.",
  },
  {
    where:
      /^(TagResource|ListTagsForResource) (status: moto 400, here 200|error: moto ResourceNotFound, here nothing)$/,
    reason: "Here. moto does not know a mesh by the ARN that AWS documents.",
  },
  {
    where: /^UntagResource (status: moto 404, here 200|error: moto none, here nothing)$/,
    reason: "Here. moto has no UntagResource.",
  },
  {
    where:
      /^DeleteMesh \(in use\) (status: moto 200, here 409|error: moto nothing, here ResourceInUseException)$/,
    reason: "Here. A mesh that has something in it is not deleted.",
  },
];
