// Preprocessor script of a channel: the message goes through bitewing before anything else sees it.
// What comes back goes on. Where nothing can be said for certain (exit 2, 75 and what is not known), the script
// throws: the message is an error in the channel, is kept there, and can be sent again. Nothing is lost.
var COMMAND = [
  "/usr/local/bin/bitewing", "hook",
  "--config", "/etc/bitewing/bitewing.toml",
  "--ledger", "/var/lib/bitewing/runs.sqlite",
  "--acks", "/var/lib/bitewing/acks",
  "--quarantine", "/var/lib/bitewing/quarantine"
];
var SECONDS = 60;
var GOES_ON = { 0: true, 1: true, 3: true, 4: true, 70: true };

var words = new java.util.ArrayList();
for (var at = 0; at < COMMAND.length; at++) words.add(COMMAND[at]);
var builder = new java.lang.ProcessBuilder(words);
builder.redirectError(java.lang.ProcessBuilder.Redirect.INHERIT);
var process = builder.start();
var stream = process.getOutputStream();
stream.write(new java.lang.String(message).getBytes("ISO-8859-1"));
stream.close();
// bitewing reads all before it writes, and ends by itself: its own deadline is shorter.
var answer = new java.lang.String(org.apache.commons.io.IOUtils.toByteArray(process.getInputStream()), "ISO-8859-1");
if (!process.waitFor(SECONDS, java.util.concurrent.TimeUnit.SECONDS)) {
  process.destroyForcibly();
  throw "bitewing did not end";
}
var code = process.exitValue();
if (!GOES_ON[code]) throw "bitewing ended with " + code;
if (answer.length() == 0) throw "bitewing set all of it aside";
return answer;
