// In the place of the TypeScript compiler, which Pulumi's SDK loads in order to compile programs and to serialise
// functions. A plugin does neither, and the compiler would be larger than all the rest.
module.exports = {};
