import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.security.MessageDigest;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.xml.ws.BindingProvider;
import javax.xml.ws.handler.LogicalHandler;
import javax.xml.ws.handler.LogicalMessageContext;
import javax.xml.ws.handler.MessageContext;

/** HTTP Digest with SHA-256 (RFC 7616) for one of several users: {@code setHandlerChain(List.of(new Digest(…)))}. */
public class Digest implements LogicalHandler<LogicalMessageContext> {
    private final String username, password;
    private String realm, nonce;
    private Instant asked = Instant.MIN;
    private int count;

    public Digest(String username, String password) {
        this.username = username;
        this.password = password;
    }

    @Override
    public synchronized boolean handleMessage(LogicalMessageContext context) {
        if (!(Boolean) context.get(MessageContext.MESSAGE_OUTBOUND_PROPERTY)) return true;
        try {
            URI address = URI.create((String) context.get(BindingProvider.ENDPOINT_ADDRESS_PROPERTY));
            // A nonce is valid for eight hours.
            if (asked.isBefore(Instant.now().minus(Duration.ofHours(1)))) ask(address);
            context.put(MessageContext.HTTP_REQUEST_HEADERS, Map.of("Authorization", List.of(answer(address.getRawPath()))));
            return true;
        } catch (Exception error) {
            throw new IllegalStateException(error);
        }
    }

    private void ask(URI address) throws Exception {
        HttpRequest nothing = HttpRequest.newBuilder(address).POST(HttpRequest.BodyPublishers.noBody()).build();
        List<String> challenges = HttpClient.newHttpClient().send(nothing, BodyHandlers.discarding()).headers()
            .allValues("WWW-Authenticate");
        String challenge = challenges.stream().filter(each -> each.contains("SHA-256")).findFirst().orElseThrow();
        realm = parameter(challenge, "realm");
        nonce = parameter(challenge, "nonce");
        asked = Instant.now();
        count = 0;
    }

    private String answer(String path) throws Exception {
        String nc = String.format("%08x", ++count), cnonce = Long.toHexString(System.nanoTime());
        String ha1 = hash(username + ":" + realm + ":" + password), ha2 = hash("POST:" + path);
        String response = hash(String.join(":", ha1, nonce, nc, cnonce, "auth", ha2));
        return String.format(
            "Digest username=\"%s\", realm=\"%s\", nonce=\"%s\", uri=\"%s\", algorithm=SHA-256, qop=auth, nc=%s, "
                + "cnonce=\"%s\", response=\"%s\"",
            username, realm, nonce, path, nc, cnonce, response);
    }

    private static String parameter(String challenge, String name) {
        Matcher found = Pattern.compile(name + "=\"([^\"]*)\"").matcher(challenge);
        if (!found.find()) throw new IllegalStateException("no " + name + " in " + challenge);
        return found.group(1);
    }

    private static String hash(String text) throws Exception {
        StringBuilder hex = new StringBuilder();
        for (byte each : MessageDigest.getInstance("SHA-256").digest(text.getBytes("UTF-8"))) {
            hex.append(String.format("%02x", each));
        }
        return hex.toString();
    }

    @Override
    public boolean handleFault(LogicalMessageContext context) {
        return true;
    }

    @Override
    public void close(MessageContext context) {}
}
