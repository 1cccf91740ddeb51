<?php
// Login for a WeChat mini program with plain PHP 8.1 or newer (extensions curl and pdo_sqlite, or pdo_mysql):
//   WECHAT_APPID=… WECHAT_SECRET=… DATABASE_DSN=sqlite:/var/lib/app/sessions.db php -S 127.0.0.1:3000 index.php
// Not run by this project's tests, which have no PHP.
// What it answers, and what to add before production: docs/en/servers.md, docs/zh/servers.md.
declare(strict_types=1);

const BODY_BYTES = 16 * 1024;
const WECHAT_TIMEOUT_MS = 5000;

/** What the client is told. Anything else that is thrown is our own trouble: 50001. */
final class Failure extends Exception
{
    public function __construct(public readonly int $status, int $code, string $msg, public readonly string $header = '')
    {
        parent::__construct($msg, $code);
    }
}

function unavailable(): Failure
{
    return new Failure(502, 50201, 'WeChat is not available');
}

function refusal(int $errcode): Exception
{
    return match ($errcode) {
        40029, 40163 => new Failure(400, 40029, 'WeChat did not accept the code; get a fresh one'),
        40226 => new Failure(403, 40301, 'this user is blocked'),
        45011 => new Failure(429, 42901, 'too many logins; try again later', 'Retry-After: 60'),
        -1 => unavailable(),
        default => new RuntimeException('WeChat refuses the configuration of this server'),
    };
}

function setting(string $name, ?string $otherwise = null): string
{
    $value = getenv($name);
    if ($value !== false && $value !== '') {
        return $value;
    }
    return $otherwise ?? throw new RuntimeException("set $name");
}

/** Exchanges a code from wx.login. The session_key of the answer is not kept: only encrypted data needs it. */
function openidOf(string $code): string
{
    $query = http_build_query([
        'appid' => setting('WECHAT_APPID'), 'secret' => setting('WECHAT_SECRET'),
        'js_code' => $code, 'grant_type' => 'authorization_code',
    ]);
    // It follows no redirect, which would carry the secret to another host.
    $curl = curl_init(setting('WECHAT_API_BASE', 'https://api.weixin.qq.com') . '/sns/jscode2session?' . $query);
    curl_setopt_array($curl, [CURLOPT_RETURNTRANSFER => true, CURLOPT_TIMEOUT_MS => WECHAT_TIMEOUT_MS]);
    $text = curl_exec($curl);
    // JSON, though its type says text/plain.
    $answer = is_string($text) ? json_decode($text, true) : null;
    if (curl_getinfo($curl, CURLINFO_RESPONSE_CODE) !== 200 || !is_array($answer)) {
        // curl's number alone: its text may quote the URL, and with it the secret.
        error_log('WeChat is not available: curl ' . curl_errno($curl));
        throw unavailable();
    }
    $errcode = (int) ($answer['errcode'] ?? 0);
    if ($errcode !== 0) {
        preg_match('/rid: [\w-]+/', (string) ($answer['errmsg'] ?? ''), $rid);
        // The rid is what WeChat's support asks for.
        error_log("WeChat refuses: $errcode " . ($rid[0] ?? ''));
        throw refusal($errcode);
    }
    $openid = $answer['openid'] ?? null;
    return is_string($openid) && $openid !== '' ? $openid : throw unavailable();
}

/** Holds the SHA-256 of each token: whoever reads it holds no token. Not in a directory that is served. */
function database(): PDO
{
    $options = [PDO::ATTR_ERRMODE => PDO::ERRMODE_EXCEPTION];
    $pdo = new PDO(setting('DATABASE_DSN'), getenv('DATABASE_USER') ?: null, getenv('DATABASE_PASSWORD') ?: null, $options);
    $pdo->exec('CREATE TABLE IF NOT EXISTS sessions (token_hash CHAR(64) PRIMARY KEY, openid VARCHAR(64) NOT NULL, ends_at BIGINT NOT NULL)');
    return $pdo;
}

function newToken(string $openid): string
{
    $token = rtrim(strtr(base64_encode(random_bytes(32)), '+/', '-_'), '=');
    $pdo = database();
    $pdo->prepare('DELETE FROM sessions WHERE ends_at <= ?')->execute([time()]);
    $insert = $pdo->prepare('INSERT INTO sessions (token_hash, openid, ends_at) VALUES (?, ?, ?)');
    $insert->execute([hash('sha256', $token), $openid, time() + tokenTtl()]);
    return $token;
}

function tokenTtl(): int
{
    return (int) setting('TOKEN_TTL', '7200');
}

/** Whose token the request carries. */
function openidBy(): string
{
    // Apache hands the header to PHP only with `CGIPassAuth On`.
    if (preg_match('/^Bearer +(\S+)$/iD', $_SERVER['HTTP_AUTHORIZATION'] ?? '', $bearer)) {
        $select = database()->prepare('SELECT openid FROM sessions WHERE token_hash = ? AND ends_at > ?');
        $select->execute([hash('sha256', $bearer[1]), time()]);
        $openid = $select->fetchColumn();
        if (is_string($openid)) {
            return $openid;
        }
    }
    throw new Failure(401, 401, 'log in', 'WWW-Authenticate: Bearer error="invalid_token"');
}

function login(): array
{
    $body = file_get_contents('php://input', length: BODY_BYTES + 1);
    if (strlen($body) > BODY_BYTES) {
        throw new Failure(413, 41301, 'the body is too long');
    }
    $sent = json_decode($body, true);
    $code = is_array($sent) ? $sent['code'] ?? null : null;
    if (!is_string($code) || !preg_match('/^[\w.~+\/=-]{16,128}$/D', $code)) {
        throw new Failure(400, 40001, 'code is not what wx.login gives');
    }
    return ['authorizationToken' => newToken(openidOf($code)), 'expiresIn' => tokenTtl()];
}

function home(): array
{
    $openid = openidBy();
    $name = is_string($_GET['name'] ?? null) ? $_GET['name'] : '';
    // The id of your own table of users; clients need no openid.
    return ['name' => $name, 'user' => ['id' => substr(hash('sha256', $openid), 0, 32)]];
}

$status = 200;
try {
    $data = match ($_SERVER['REQUEST_METHOD'] . ' ' . parse_url($_SERVER['REQUEST_URI'], PHP_URL_PATH)) {
        'POST /user/weixin-login' => login(),
        'GET /user/home' => home(),
        default => throw new Failure(404, 40401, 'no such thing here'),
    };
    $answer = ['code' => 200, 'msg' => 'ok', 'data' => $data];
} catch (Throwable $error) {
    if (!$error instanceof Failure) {
        // Its place and text, not its trace, which shows arguments.
        error_log("{$error->getMessage()} at {$error->getFile()}:{$error->getLine()}");
        $error = new Failure(500, 50001, 'internal error');
    }
    $status = $error->status;
    if ($error->header !== '') {
        header($error->header);
    }
    $answer = ['code' => $error->getCode(), 'msg' => $error->getMessage(), 'data' => null];
}
http_response_code($status);
header('Content-Type: application/json; charset=utf-8');
header('Cache-Control: no-store');
echo json_encode($answer, JSON_UNESCAPED_UNICODE | JSON_UNESCAPED_SLASHES | JSON_INVALID_UTF8_SUBSTITUTE);
