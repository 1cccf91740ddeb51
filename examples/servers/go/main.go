// Login for a WeChat mini program with Go's standard library:
//
//	WECHAT_APPID=… WECHAT_SECRET=… go run .
//
// Not run by this project's tests, which have no Go.
// What it answers, and what to add before production: docs/en/servers.md, docs/zh/servers.md.
package main

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/url"
	"os"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"time"
)

const (
	bodyBytes     = 16 * 1024
	answerBytes   = 1024 * 1024
	wechatTimeout = 5 * time.Second
)

// failure is what the client is told. Any other error is our own trouble: 50001.
type failure struct {
	status, code int
	msg          string
}

func (f failure) Error() string { return f.msg }

var (
	badBody     = failure{400, 40001, "the body is not JSON"}
	noCode      = failure{400, 40001, "code is not what wx.login gives"}
	badCode     = failure{400, 40029, "WeChat did not accept the code; get a fresh one"}
	noToken     = failure{401, 401, "log in"}
	blocked     = failure{403, 40301, "this user is blocked"}
	notFound    = failure{404, 40401, "no such thing here"}
	tooLong     = failure{413, 41301, "the body is too long"}
	tooMany     = failure{429, 42901, "too many logins; try again later"}
	internal    = failure{500, 50001, "internal error"}
	unavailable = failure{502, 50201, "WeChat is not available"}

	refusals = map[int]failure{-1: unavailable, 40029: badCode, 40163: badCode, 40226: blocked, 45011: tooMany}

	appid   = os.Getenv("WECHAT_APPID")
	secret  = os.Getenv("WECHAT_SECRET")
	apiBase = setting("WECHAT_API_BASE", "https://api.weixin.qq.com")
	ttl, _  = strconv.Atoi(setting("TOKEN_TTL", "7200"))

	wechat = http.Client{
		Timeout: wechatTimeout,
		// A redirect would carry the secret to another host.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	aCode   = regexp.MustCompile(`^[A-Za-z0-9_.~+/=-]{16,128}$`)
	aRid    = regexp.MustCompile(`rid: [A-Za-z0-9_-]+`)
	aBearer = regexp.MustCompile(`(?i)^Bearer +(\S+)$`)
)

func setting(name, otherwise string) string {
	if value := os.Getenv(name); value != "" {
		return value
	}
	return otherwise
}

// openidOf exchanges a code from wx.login. The session_key of the answer is not kept: only encrypted
// data needs it.
func openidOf(ctx context.Context, code string) (string, error) {
	query := url.Values{"appid": {appid}, "secret": {secret}, "js_code": {code}, "grant_type": {"authorization_code"}}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, apiBase+"/sns/jscode2session?"+query.Encode(), nil)
	if err != nil {
		return "", errors.New("WECHAT_API_BASE is no URL")
	}
	response, err := wechat.Do(request)
	if err != nil {
		// Its cause alone: the error's own text quotes the URL, and with it the secret.
		var cause *url.Error
		if errors.As(err, &cause) {
			err = cause.Err
		}
		log.Println("WeChat is not available:", err)
		return "", unavailable
	}
	defer response.Body.Close()
	var answer struct {
		Errcode int    `json:"errcode"`
		Errmsg  string `json:"errmsg"`
		Openid  string `json:"openid"`
	}
	// JSON, though its type says text/plain.
	err = json.NewDecoder(io.LimitReader(response.Body, answerBytes)).Decode(&answer)
	if response.StatusCode != http.StatusOK || err != nil {
		log.Println("WeChat is not available: HTTP", response.StatusCode)
		return "", unavailable
	}
	if answer.Errcode != 0 {
		// The rid is what WeChat's support asks for.
		log.Println("WeChat refuses:", answer.Errcode, aRid.FindString(answer.Errmsg))
		if refusal, ok := refusals[answer.Errcode]; ok {
			return "", refusal
		}
		return "", errors.New("WeChat refuses the configuration of this server")
	}
	if answer.Openid == "" {
		return "", unavailable
	}
	return answer.Openid, nil
}

type session struct {
	openid string
	endsAt time.Time
}

// sessions has the SHA-256 of each token: whoever reads this holds no token. A table in your database.
var (
	sessions = map[string]session{}
	lock     sync.Mutex
)

func hash(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}

func newToken(openid string) (string, error) {
	random := make([]byte, 32)
	if _, err := rand.Read(random); err != nil {
		return "", err
	}
	token := base64.RawURLEncoding.EncodeToString(random)
	lock.Lock()
	defer lock.Unlock()
	sessions[hash(token)] = session{openid, time.Now().Add(time.Duration(ttl) * time.Second)}
	return token, nil
}

// openidBy tells whose token the request carries.
func openidBy(r *http.Request) (string, error) {
	found := aBearer.FindStringSubmatch(r.Header.Get("Authorization"))
	if found == nil {
		return "", noToken
	}
	lock.Lock()
	defer lock.Unlock()
	session, ok := sessions[hash(found[1])]
	if !ok || time.Now().After(session.endsAt) {
		return "", noToken
	}
	return session.openid, nil
}

func forgetExpired() {
	for range time.Tick(time.Minute) {
		lock.Lock()
		for key, session := range sessions {
			if time.Now().After(session.endsAt) {
				delete(sessions, key)
			}
		}
		lock.Unlock()
	}
}

func login(w http.ResponseWriter, r *http.Request) (any, error) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, bodyBytes))
	if err != nil {
		return nil, tooLong
	}
	var sent struct {
		Code string `json:"code"`
	}
	switch err := json.Unmarshal(body, &sent); {
	case err != nil && !json.Valid(body):
		return nil, badBody
	case err != nil || !aCode.MatchString(sent.Code):
		return nil, noCode
	}
	openid, err := openidOf(r.Context(), sent.Code)
	if err != nil {
		return nil, err
	}
	token, err := newToken(openid)
	return map[string]any{"authorizationToken": token, "expiresIn": ttl}, err
}

func home(_ http.ResponseWriter, r *http.Request) (any, error) {
	openid, err := openidBy(r)
	if err != nil {
		return nil, err
	}
	// The id of your own table of users; clients need no openid.
	user := map[string]string{"id": hash(openid)[:32]}
	return map[string]any{"name": r.URL.Query().Get("name"), "user": user}, nil
}

var routes = map[string]func(http.ResponseWriter, *http.Request) (any, error){
	"POST /user/weixin-login": login,
	"GET /user/home":          home,
}

type envelope struct {
	Code int    `json:"code"`
	Msg  string `json:"msg"`
	Data any    `json:"data"`
}

func serve(w http.ResponseWriter, r *http.Request) {
	var data any
	err := error(notFound)
	if route, ok := routes[r.Method+" "+r.URL.Path]; ok {
		data, err = route(w, r)
	}
	status, answer := http.StatusOK, envelope{200, "ok", data}
	if err != nil {
		var told failure
		if !errors.As(err, &told) {
			log.Println(err)
			told = internal
		}
		status, answer = told.status, envelope{told.code, told.msg, nil}
	}
	headers := w.Header()
	headers.Set("Content-Type", "application/json; charset=utf-8")
	headers.Set("Cache-Control", "no-store")
	switch status {
	case http.StatusUnauthorized:
		headers.Set("WWW-Authenticate", `Bearer error="invalid_token"`)
	case http.StatusTooManyRequests:
		headers.Set("Retry-After", "60")
	}
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(answer)
}

func main() {
	if appid == "" || secret == "" || ttl <= 0 {
		log.Fatal("set WECHAT_APPID and WECHAT_SECRET; TOKEN_TTL is a number of seconds")
	}
	listener, err := net.Listen("tcp", net.JoinHostPort(setting("HOST", "127.0.0.1"), strings.TrimSpace(setting("PORT", "3000"))))
	if err != nil {
		log.Fatal(err)
	}
	go forgetExpired()
	fmt.Printf("listening on http://%s\n", listener.Addr())
	server := http.Server{Handler: http.HandlerFunc(serve), ReadTimeout: 30 * time.Second}
	log.Fatal(server.Serve(listener))
}
