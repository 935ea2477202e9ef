// Where Pulumi's host for Node.js starts the provider from its sources (PulumiPlugin.yaml): it requires, and awaits what
// it gets.
module.exports = import("./dist/main.js");
