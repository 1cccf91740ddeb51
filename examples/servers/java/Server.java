// Login for a WeChat mini program with the JDK alone, 17 or newer:
//   WECHAT_APPID=… WECHAT_SECRET=… java Server.java
// Not run by this project's tests, which have no JDK.
// What it answers, and what to add before production: docs/en/servers.md, docs/zh/servers.md.
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.URLDecoder;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.Base64;
import java.util.HexFormat;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

public class Server {
    static final String APPID = needed("WECHAT_APPID");
    static final String SECRET = needed("WECHAT_SECRET");
    static final String API_BASE = setting("WECHAT_API_BASE", "https://api.weixin.qq.com");
    /** In seconds. */
    static final long TOKEN_TTL = Long.parseUnsignedLong(setting("TOKEN_TTL", "7200"));
    static final int BODY_BYTES = 16 * 1024;
    static final Duration WECHAT_TIMEOUT = Duration.ofSeconds(5);

    /** What the client is told. Anything else that is thrown is our own trouble: 50001. */
    static class Failure extends Exception {
        final int status;
        final int code;

        Failure(int status, int code, String msg) {
            super(msg);
            this.status = status;
            this.code = code;
        }
    }

    static Failure unavailable() {
        return new Failure(502, 50201, "WeChat is not available");
    }

    static Exception refusal(int errcode) {
        return switch (errcode) {
            case 40029, 40163 -> new Failure(400, 40029, "WeChat did not accept the code; get a fresh one");
            case 40226 -> new Failure(403, 40301, "this user is blocked");
            case 45011 -> new Failure(429, 42901, "too many logins; try again later");
            case -1 -> unavailable();
            default -> new IllegalStateException("WeChat refuses the configuration of this server");
        };
    }

    // It follows no redirect, which would carry the secret to another host.
    static final HttpClient WECHAT = HttpClient.newBuilder()
            .followRedirects(HttpClient.Redirect.NEVER).connectTimeout(WECHAT_TIMEOUT).build();

    /** Exchanges a code from wx.login. The session_key of the answer is not kept: only encrypted data needs it. */
    static String openidOf(String code) throws Exception {
        URI uri = URI.create(API_BASE + "/sns/jscode2session?appid=" + encoded(APPID) + "&secret=" + encoded(SECRET)
                + "&js_code=" + encoded(code) + "&grant_type=authorization_code");
        String answer;
        try {
            HttpRequest request = HttpRequest.newBuilder(uri).timeout(WECHAT_TIMEOUT).build();
            // The request's own timeout ends when the headers are there.
            CompletableFuture<HttpResponse<String>> sent = WECHAT.sendAsync(request, HttpResponse.BodyHandlers.ofString());
            HttpResponse<String> response;
            try {
                response = sent.get(WECHAT_TIMEOUT.toMillis(), TimeUnit.MILLISECONDS);
            } finally {
                sent.cancel(true);
            }
            answer = response.statusCode() == 200 ? response.body() : "";
        } catch (ExecutionException | TimeoutException error) {
            Throwable why = error.getCause() == null ? error : error.getCause();
            // Its name alone: a message may quote the URL, and with it the secret.
            System.err.println("WeChat is not available: " + why.getClass().getSimpleName());
            throw unavailable();
        }
        // JSON, though its type says text/plain.
        int errcode = Integer.parseInt(field(answer, "errcode", "(-?\\d{1,9})", "0"));
        if (errcode != 0) {
            Matcher rid = Pattern.compile("rid: [\\w-]+").matcher(answer);
            // The rid is what WeChat's support asks for.
            System.err.println("WeChat refuses: " + errcode + " " + (rid.find() ? rid.group() : ""));
            throw refusal(errcode);
        }
        String openid = field(answer, "openid", "\"([\\w-]+)\"", "");
        if (openid.isEmpty() || !answer.stripTrailing().endsWith("}")) {
            throw unavailable();
        }
        return openid;
    }

    /** A field of a flat JSON object: the JDK has no reader of JSON. With Spring, use Jackson instead. */
    static String field(String json, String name, String pattern, String otherwise) {
        Matcher found = Pattern.compile("\"" + name + "\"\\s*:\\s*" + pattern).matcher(json);
        return found.find() ? found.group(1) : otherwise;
    }

    record Session(String openid, long endsAt) {}

    /** SHA-256 of a token → whose it is: whoever reads this holds no token. A table in your database. */
    static final Map<String, Session> SESSIONS = new ConcurrentHashMap<>();

    static String newToken(String openid) {
        long now = System.currentTimeMillis();
        SESSIONS.values().removeIf(session -> session.endsAt <= now);
        byte[] random = new byte[32];
        new SecureRandom().nextBytes(random);
        String token = Base64.getUrlEncoder().withoutPadding().encodeToString(random);
        SESSIONS.put(sha256(token), new Session(openid, now + TOKEN_TTL * 1000));
        return token;
    }

    /** Whose token the request carries. */
    static String openidBy(HttpExchange exchange) throws Failure {
        String header = exchange.getRequestHeaders().getFirst("Authorization");
        Matcher bearer = Pattern.compile("(?i)Bearer +(\\S+)").matcher(header == null ? "" : header);
        Session session = bearer.matches() ? SESSIONS.get(sha256(bearer.group(1))) : null;
        if (session == null || session.endsAt <= System.currentTimeMillis()) {
            throw new Failure(401, 401, "log in");
        }
        return session.openid;
    }

    static String login(HttpExchange exchange) throws Exception {
        byte[] body = exchange.getRequestBody().readNBytes(BODY_BYTES + 1);
        if (body.length > BODY_BYTES) {
            throw new Failure(413, 41301, "the body is too long");
        }
        String code = field(new String(body, StandardCharsets.UTF_8), "code", "\"([\\w.~+/=-]{16,128})\"", "");
        if (code.isEmpty()) {
            throw new Failure(400, 40001, "code is not what wx.login gives");
        }
        return "{\"authorizationToken\":\"" + newToken(openidOf(code)) + "\",\"expiresIn\":" + TOKEN_TTL + "}";
    }

    static String home(HttpExchange exchange) throws Exception {
        String openid = openidBy(exchange);
        // The id of your own table of users; clients need no openid.
        String id = sha256(openid).substring(0, 32);
        return "{\"name\":" + quoted(parameter(exchange, "name")) + ",\"user\":{\"id\":\"" + id + "\"}}";
    }

    static void serve(HttpExchange exchange) throws IOException {
        int status = 200;
        String answer;
        try {
            String data = switch (exchange.getRequestMethod() + " " + exchange.getRequestURI().getPath()) {
                case "POST /user/weixin-login" -> login(exchange);
                case "GET /user/home" -> home(exchange);
                default -> throw new Failure(404, 40401, "no such thing here");
            };
            answer = "{\"code\":200,\"msg\":\"ok\",\"data\":" + data + "}";
        } catch (Exception error) {
            if (!(error instanceof Failure)) {
                error.printStackTrace();
            }
            Failure failure = error instanceof Failure known ? known : new Failure(500, 50001, "internal error");
            status = failure.status;
            answer = "{\"code\":" + failure.code + ",\"msg\":" + quoted(failure.getMessage()) + ",\"data\":null}";
        }
        var headers = exchange.getResponseHeaders();
        headers.set("Content-Type", "application/json; charset=utf-8");
        headers.set("Cache-Control", "no-store");
        if (status == 401) {
            headers.set("WWW-Authenticate", "Bearer error=\"invalid_token\"");
        }
        if (status == 429) {
            headers.set("Retry-After", "60");
        }
        byte[] bytes = answer.getBytes(StandardCharsets.UTF_8);
        exchange.sendResponseHeaders(status, bytes.length);
        try (exchange; var out = exchange.getResponseBody()) {
            out.write(bytes);
        }
    }

    public static void main(String[] args) throws IOException {
        // How long a request may take to arrive, s.
        System.setProperty("sun.net.httpserver.maxReqTime", "30");
        var address = new InetSocketAddress(setting("HOST", "127.0.0.1"), Integer.parseInt(setting("PORT", "3000")));
        HttpServer server = HttpServer.create(address, 0);
        server.createContext("/", Server::serve);
        server.setExecutor(Executors.newFixedThreadPool(32));
        server.start();
        System.out.println("listening on http://" + address.getHostString() + ":" + server.getAddress().getPort());
    }

    static String parameter(HttpExchange exchange, String name) {
        String query = exchange.getRequestURI().getRawQuery();
        for (String pair : (query == null ? "" : query).split("&")) {
            if (pair.startsWith(name + "=")) {
                return URLDecoder.decode(pair.substring(name.length() + 1), StandardCharsets.UTF_8);
            }
        }
        return "";
    }

    static String quoted(String text) {
        StringBuilder json = new StringBuilder("\"");
        for (char c : text.toCharArray()) {
            json.append(c == '"' || c == '\\' || c < ' ' ? String.format("\\u%04x", (int) c) : c);
        }
        return json.append('"').toString();
    }

    static String encoded(String text) {
        return URLEncoder.encode(text, StandardCharsets.UTF_8);
    }

    static String sha256(String text) {
        try {
            byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
        } catch (java.security.NoSuchAlgorithmException error) {
            throw new IllegalStateException(error);
        }
    }

    static String setting(String name, String otherwise) {
        String value = System.getenv(name);
        return value == null || value.isEmpty() ? otherwise : value;
    }

    static String needed(String name) {
        String value = setting(name, "");
        if (value.isEmpty()) {
            throw new IllegalStateException("set " + name);
        }
        return value;
    }
}
