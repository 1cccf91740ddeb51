module.exports = { presets: [['@babel/env', { modules: false, shippedProposals: true }]] }
