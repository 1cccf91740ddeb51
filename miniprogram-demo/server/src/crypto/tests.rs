use super::*;
use proptest::prelude::*;

const APPID: &str = "wx4f4bc4dec97d474b";
const KEY: &str = "tiihtNczf5v6AKRyjwEUhQ==";
const IV: &str = "r7BXXKkLb8qrSNn05n0qiA==";
const OPENID: &str = "oGZUI0egBJY1zhBYw2KhdUfwVJJE";
const TIMESTAMP: u64 = 1_477_314_187;
/// WeChat's published sample of encryptedData.
const DATA: &str = include_str!("sample.txt");

fn key() -> SessionKey {
    SessionKey::parse(KEY).expect("sample key")
}

fn data() -> String {
    DATA.split_whitespace().collect()
}

fn expected() -> Expected<'static> {
    Expected {
        appid: APPID,
        openid: OPENID,
        now: TIMESTAMP + 5,
    }
}

fn open(data: &str, iv: &str, expected: Expected<'_>) -> Result<OpenProfile, OpenDataError> {
    let raw_data = r#"{"nickName":"Band"}"#;
    let profile = SignedProfile {
        raw_data,
        signature: &key().sign(raw_data),
        encrypted_data: data,
        iv,
    };
    profile.open(&key(), expected)
}

#[test]
fn wechats_sample_decrypts_to_the_published_text() {
    let plain = key().decrypt(&data(), IV).expect("sample decrypts");
    assert_eq!(plain.len(), 393);
    let hash = hex(&sha2::Sha256::digest(&plain));
    assert_eq!(
        hash,
        "3237d8a5dbd413523c194882c7156544d8a06e2afcc97383cc300c17bd09391b"
    );
    let profile = open(&data(), IV, expected()).expect("sample opens");
    assert_eq!(profile.nick_name, "Band");
    assert_eq!(profile.open_id.as_deref(), Some(OPENID));
}

#[test]
fn wechats_sample_of_a_signature_is_reproduced() {
    let key = SessionKey::parse("HyVFkGl5F5OQWJZZaNzBBg==").expect("sample key");
    let raw_data = r#"{"nickName":"Band","gender":1,"language":"zh_CN","city":"Guangzhou","province":"Guangdong","country":"CN","avatarUrl":"http://wx.qlogo.cn/mmopen/vi_32/1vZvI39NWFQ9XM4LtQpFrQJ1xlgZxx3w7bQxKARol6503Iuswjjn6nIGBiaycAjAtpujxyzYsrztuuICqIM5ibXQ/0"}"#;
    assert_eq!(
        key.sign(raw_data),
        "75e81ceda165f4ffa64f4068af58c64b8f54b88c"
    );
}

#[test]
fn a_session_key_never_shows() {
    assert_eq!(format!("{:?}", key()), "SessionKey(…)");
}

#[test]
fn data_for_another_app_user_or_time_is_refused() {
    let refused = |expected| open(&data(), IV, expected).expect_err("foreign");
    let app = Expected {
        appid: "wx0",
        ..expected()
    };
    assert_eq!(refused(app), OpenDataError::Foreign("app"));
    let user = Expected {
        openid: "o0",
        ..expected()
    };
    assert_eq!(refused(user), OpenDataError::Foreign("user"));
    for now in [
        TIMESTAMP + WATERMARK_TOLERANCE + 1,
        TIMESTAMP - WATERMARK_TOLERANCE - 1,
    ] {
        let late = Expected { now, ..expected() };
        assert_eq!(refused(late), OpenDataError::Foreign("time"));
    }
}

#[test]
fn what_is_signed_must_be_what_is_encrypted() {
    let data = data();
    let signed = |raw_data: &str| {
        let signature = key().sign(raw_data);
        let profile = SignedProfile {
            raw_data,
            signature: &signature,
            encrypted_data: &data,
            iv: IV,
        };
        profile
            .open(&key(), expected())
            .map(|profile| profile.nick_name)
    };
    assert_eq!(
        signed(r#"{"nickName":"Band","gender":1}"#).as_deref(),
        Ok("Band")
    );
    for other in [
        r#"{"nickName":"Bend"}"#,
        r#"{"gender":2}"#,
        r#"{"more":null}"#,
    ] {
        assert_eq!(signed(other), Err(OpenDataError::Different), "{other}");
    }
    assert_eq!(signed("[]"), Err(OpenDataError::Malformed("rawData")));
}

#[test]
fn malformed_fields_are_told_from_a_stale_key() {
    let refused = |data: &str, iv: &str| open(data, iv, expected()).expect_err("refused");
    for iv in ["", "AAAA", "not base64", "AAAAAAAAAAAAAAAAAAAAAAA="] {
        assert_eq!(
            refused(&data(), iv),
            OpenDataError::Malformed("iv"),
            "{iv:?}"
        );
    }
    for bad in ["", "AAAA", "not base64", &data()[..100]] {
        assert_eq!(
            refused(bad, IV),
            OpenDataError::Malformed("encryptedData"),
            "{bad:?}"
        );
    }
    // Truncated to whole blocks: the padding is gone.
    assert_eq!(
        refused(&data()[..64], IV),
        OpenDataError::Malformed("encryptedData")
    );

    let other = SessionKey::from_bytes([7; 16]);
    assert_eq!(other.decrypt(&data(), IV), Err(OpenDataError::StaleKey));
    let unsigned = SignedProfile {
        raw_data: "{}",
        signature: "75e81ceda165f4ffa64f4068af58c64b8f54b88c",
        encrypted_data: &data(),
        iv: IV,
    };
    assert_eq!(
        unsigned.open(&key(), expected()),
        Err(OpenDataError::StaleKey)
    );
}

/// About one wrong key in 256 leaves valid padding; the text behind it must not pass for a profile.
#[test]
fn wrong_keys_never_open_a_profile() {
    let (mut unpadded, data) = (0, data());
    for n in 0..4096_u128 {
        let key = SessionKey::from_bytes(n.to_le_bytes());
        unpadded += u32::from(key.decrypt(&data, IV).is_ok());
        let raw_data = "{}";
        let profile = SignedProfile {
            raw_data,
            signature: &key.sign(raw_data),
            encrypted_data: &data,
            iv: IV,
        };
        let malformed = OpenDataError::Malformed("encryptedData");
        assert_eq!(profile.open(&key, expected()), Err(malformed));
    }
    assert!(unpadded > 0, "the case this test is about did not come up");
}

proptest! {
    #[test]
    fn what_is_encrypted_decrypts(key: [u8; 16], iv: [u8; 16], plain: Vec<u8>) {
        let key = SessionKey::from_bytes(key);
        let (data, iv) = key.encrypt(iv, &plain);
        prop_assert_eq!(key.decrypt(&data, &iv), Ok(plain));
    }

    #[test]
    fn no_input_panics_or_opens(
        key: [u8; 16],
        blocks in proptest::collection::vec(any::<u8>(), 0..200),
        data in ".{0,80}",
        iv in ".{0,40}",
        raw_data in ".{0,40}",
        signature in ".{0,50}",
        iv_bytes: [u8; 16],
    ) {
        let key = SessionKey::from_bytes(key);
        let blocks = BASE64.encode(blocks);
        let iv_bytes = BASE64.encode(iv_bytes);
        for encrypted_data in [&data, &blocks] {
            for iv in [&iv, &iv_bytes] {
                let profile = SignedProfile { raw_data: &raw_data, signature: &signature, encrypted_data, iv };
                prop_assert!(profile.open(&key, expected()).is_err());
            }
        }
        prop_assert!(SessionKey::parse(&data).is_err());
    }

    #[test]
    fn one_changed_byte_never_opens_as_another_profile(position in 0..400_usize, change in 1..=255_u8) {
        let mut bytes = BASE64.decode(data()).expect("sample");
        bytes[position] ^= change;
        // CBC has no integrity of its own: a change may leave the JSON valid, but not the fields
        // that say whose it is and whether it is fresh.
        if let Ok(profile) = open(&BASE64.encode(bytes), IV, expected()) {
            prop_assert_eq!(profile.watermark.appid, APPID);
        }
    }
}
