module.exports = { title: "Harbour" };
