//! Phone number, picture and stream.

use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use futures_util::StreamExt;
use reqwest::multipart::{Form, Part};
use serde_json::{Value, json};

use crate::common::{Backend, Sim, answer, both};

#[tokio::test]
async fn a_phone_number_is_kept_sealed_and_shown_masked() {
    let (sim, backend, directory) = both().await;
    let token = backend.token(&sim, "eva").await;
    sim.put("/users/eva", json!({ "phoneNumber": "10098765432" }))
        .await;
    let button = sim.phone("getPhoneNumber", json!({ "user": "eva" })).await;
    let changed = backend
        .post("/user/phone", &token, json!({ "code": button["code"] }))
        .await;
    assert_eq!(changed.codes(), (200, 200), "{changed:?}");
    assert_eq!(changed.body["data"]["userInfo"]["phone"], "+86 100****5432");

    let again = backend
        .post("/user/phone", &token, json!({ "code": button["code"] }))
        .await;
    assert_eq!(again.codes(), (400, 40029), "the code was used");
    let login_code = json!({ "code": sim.code("eva").await });
    let wrong = backend.post("/user/phone", &token, login_code).await;
    assert_eq!(wrong.codes(), (400, 40029), "a login code is no phone code");
    assert_eq!(
        sim.count("/cgi-bin/stable_token").await,
        1,
        "the access token is kept"
    );

    for file in std::fs::read_dir(directory.path()).expect("directory") {
        let bytes = std::fs::read(file.expect("file").path()).expect("database");
        let found = bytes.windows(11).any(|window| window == b"10098765432");
        assert!(!found, "the number lies in the database in the clear");
    }
}

#[tokio::test]
async fn an_access_token_that_ended_early_is_renewed() {
    let (sim, backend, _directory) = both().await;
    let token = backend.token(&sim, "eva").await;
    for expected in [1, 2] {
        let button = sim.phone("getPhoneNumber", json!({ "user": "eva" })).await;
        let changed = backend
            .post("/user/phone", &token, json!({ "code": button["code"] }))
            .await;
        assert_eq!(changed.codes(), (200, 200), "{changed:?}");
        assert_eq!(sim.count("/cgi-bin/stable_token").await, expected);
        let fault = json!([{ "path": "/wxa/business/getuserphonenumber", "times": 1,
            "kind": "errcode", "errcode": 40001 }]);
        sim.put("/faults", fault).await;
    }
}

const PNG: &[u8] = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x01\0\0\0\x01\x08\x06\0\0\0";

async fn upload(backend: &Backend, token: &str, bytes: Vec<u8>) -> crate::common::Answer {
    let part = Part::bytes(bytes)
        .file_name("a.png")
        .mime_str("image/png")
        .expect("mime");
    let form = Form::new()
        .text("source", "chooseAvatar")
        .part("file", part);
    let request = backend
        .request(reqwest::Method::POST, "/user/avatar", token)
        .multipart(form);
    answer(request).await
}

#[tokio::test]
async fn a_picture_is_served_as_what_it_is() {
    let (sim, backend, _directory) = both().await;
    let token = backend.token(&sim, "eva").await;
    let first = upload(&backend, &token, PNG.to_vec()).await;
    assert_eq!(first.codes(), (200, 200), "{first:?}");
    let path = first.body["data"]["userInfo"]["avatarUrl"]
        .as_str()
        .expect("a path")
        .to_owned();
    let get = |path: String| backend.client.get(format!("{}{path}", backend.url)).send();
    let served = get(path.clone()).await.expect("answer");
    assert_eq!(served.headers()["content-type"], "image/png");
    assert_eq!(served.headers()["x-content-type-options"], "nosniff");
    assert_eq!(served.bytes().await.expect("bytes"), PNG);

    let jpeg = [b"\xff\xd8\xff\xe0\0\x10JFIF".as_slice(), &[0; 50_000]].concat();
    let second = upload(&backend, &token, jpeg).await;
    let new = second.body["data"]["userInfo"]["avatarUrl"]
        .as_str()
        .expect("a path")
        .to_owned();
    assert_ne!(new, path, "a new picture has a new address");
    assert_eq!(
        get(path).await.expect("answer").status(),
        404,
        "the old one is gone"
    );
    assert_eq!(
        get(new).await.expect("answer").headers()["content-type"],
        "image/jpeg"
    );
}

#[tokio::test]
async fn what_is_no_picture_or_too_large_is_refused() {
    let (sim, backend, _directory) = both().await;
    let token = backend.token(&sim, "eva").await;
    let html = b"<html><script>alert(1)</script></html>".to_vec();
    let svg = b"<svg xmlns='http://www.w3.org/2000/svg' onload='x()'/>".to_vec();
    for bytes in [html, svg, Vec::new()] {
        assert_eq!(upload(&backend, &token, bytes).await.codes(), (400, 40001));
    }
    let large = [PNG, &[0; 1024 * 1024]].concat();
    assert_eq!(upload(&backend, &token, large).await.codes(), (413, 41301));
    assert_eq!(
        upload(&backend, "no token", PNG.to_vec()).await.codes(),
        (401, 401)
    );
    let form = Form::new().text("file", "a text field is no file");
    let request = backend.request(reqwest::Method::POST, "/user/avatar", &token);
    assert_eq!(answer(request.multipart(form)).await.codes(), (400, 40001));
}

#[tokio::test]
async fn the_stream_tells_changes_and_ends_with_the_session() {
    let (sim, backend, _directory) = both().await;
    let token = backend.token(&sim, "eva").await;
    let request = backend.request(reqwest::Method::GET, "/user/events", &token);
    let response = request.send().await.expect("stream");
    assert_eq!(response.headers()["content-type"], "application/x-ndjson");
    let mut lines = Box::pin(response.bytes_stream().map(|chunk| {
        let line: Value = serde_json::from_slice(&chunk.expect("chunk")).expect("a line of JSON");
        line
    }));
    let hello = lines.next().await.expect("first line");
    assert_eq!(
        (hello["event"].as_str(), hello["user"]["nickName"].as_str()),
        (Some("hello"), Some(""))
    );
    assert_eq!(lines.next().await.expect("second line")["event"], "tick");

    let typed = json!({ "nickName": "Eva" });
    assert_eq!(
        backend.post("/user/profile", &token, typed).await.status,
        200
    );
    let changed = lines.next().await.expect("third line");
    assert_eq!(
        (
            changed["event"].as_str(),
            changed["user"]["nickName"].as_str()
        ),
        (Some("changed"), Some("Eva"))
    );

    assert_eq!(
        backend
            .post("/user/logout", &token, json!(null))
            .await
            .status,
        200
    );
    assert_eq!(lines.next().await.expect("last line")["event"], "end");
    assert!(lines.next().await.is_none(), "nothing follows the end");
}

#[tokio::test]
async fn a_picture_of_the_phone_arrives_and_can_be_read_back() {
    let (sim, backend, _directory) = both().await;
    let token = backend.token(&sim, "eva").await;
    let header = json!({ "Authorization": format!("Bearer {token}") });
    let file = json!({ "url": format!("{}/user/avatar", backend.url), "header": header,
        "name": "avatar", "fileName": "a.png", "file": BASE64.encode(PNG), "formData": { "a": 1 } });
    let sent = sim.phone("uploadFile", file.clone()).await;
    assert_eq!(
        (sent["errMsg"].as_str(), sent["statusCode"].as_u64()),
        (Some("uploadFile:ok"), Some(200)),
        "{sent}"
    );
    // As wx gives it: text, whatever it is.
    let data: Value = serde_json::from_str(sent["data"].as_str().expect("text")).expect("JSON");
    let path = data["data"]["userInfo"]["avatarUrl"].as_str();
    let url = format!("{}{}", backend.url, path.expect("a path"));
    let read = sim
        .phone(
            "request",
            json!({ "url": url, "responseType": "arraybuffer" }),
        )
        .await;
    assert_eq!(read["data"], BASE64.encode(PNG));

    let mut broken = file;
    broken["file"] = "no Base64".into();
    let failed = sim.phone("uploadFile", broken).await;
    assert_eq!(failed["errMsg"], "uploadFile:fail file not found");
}

/// What the phone's network gives of a call with `enableChunked`.
async fn chunked(sim: &Sim, args: Value) -> Vec<Value> {
    let mut body = args;
    body["enableChunked"] = true.into();
    let request = reqwest::Client::new().post(format!("{}/phone/request", sim.url));
    let answer = request.json(&body).send().await.expect("answer");
    let text = answer.text().await.expect("text");
    let lines = text.lines();
    lines
        .map(|line| serde_json::from_str(line).expect("a line of JSON"))
        .collect()
}

#[tokio::test]
async fn a_chat_comes_in_chunks_that_cut_characters() {
    let (sim, backend, _directory) = both().await;
    let token = backend.token(&sim, "eva").await;
    let ask = |token: &str, question: &str| {
        json!({ "url": format!("{}/user/chat", backend.url), "method": "POST",
            "header": { "Authorization": format!("Bearer {token}") },
            "data": { "question": question } })
    };
    let lines = chunked(&sim, ask(&token, "十个请求登录几次")).await;
    assert_eq!(lines[0]["statusCode"], 200, "{}", lines[0]);
    assert_eq!(lines.last().expect("an end")["errMsg"], "request:ok");
    let chunks = lines.iter().filter_map(|line| line["chunk"].as_str());
    let chunks: Vec<Vec<u8>> = chunks
        .map(|chunk| BASE64.decode(chunk).expect("Base64"))
        .collect();
    assert!(
        chunks
            .iter()
            .any(|chunk| std::str::from_utf8(chunk).is_err())
    );
    let text = String::from_utf8(chunks.concat()).expect("UTF-8");
    assert!(text.contains("十个请求登录几次"), "{text}");

    let refused = chunked(&sim, ask("none", "?")).await;
    assert_eq!(refused[0]["statusCode"], 401);
    let long = chunked(&sim, ask(&token, &"问".repeat(201))).await;
    assert_eq!(long[0]["statusCode"], 400);
    let nobody = chunked(&sim, json!({ "url": "http://127.0.0.1:1/" })).await;
    assert_eq!(
        (nobody.len(), nobody[0]["errno"].as_i64()),
        (1, Some(600001))
    );
}
