// Begin.

parameterTable();
const embedded = byId("data");
const player = embedded ? new Player(new Story(JSON.parse(embedded.textContent))) : null;
