-- Greetings that the Worker has said.
CREATE TABLE greetings (
  id INTEGER PRIMARY KEY,
  text TEXT NOT NULL,
  said_at TEXT NOT NULL DEFAULT CURRENT_TIMESTAMP
);
