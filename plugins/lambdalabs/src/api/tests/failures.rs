//! Tests of errors, of responses that are not as documented, and of missing responses.

use super::*;
use cloudhost_sdk::Scope;
use rstest::rstest;

fn said(status: u16, code: &str) -> Answer {
    let body = format!(
        r#"{{"error": {{"code": "{code}", "message": "What happened.", "suggestion": "What to do."}}}}"#
    );
    Ok((status, body))
}

#[rstest]
#[case(401, "global/invalid-api-key", ErrorKind::Unauthenticated)]
#[case(403, "global/account-inactive", ErrorKind::PermissionDenied)]
#[case(403, "global/invalid-address", ErrorKind::PermissionDenied)]
#[case(403, "global/forbidden", ErrorKind::PermissionDenied)]
#[case(400, "global/invalid-parameters", ErrorKind::InvalidArgument)]
#[case(400, "global/quota-exceeded", ErrorKind::QuotaExceeded)]
#[case(404, "global/not-found", ErrorKind::NotFound)]
#[case(404, "global/object-does-not-exist", ErrorKind::NotFound)]
#[case(400, "global/duplicate", ErrorKind::AlreadyExists)]
#[case(409, "global/conflict", ErrorKind::Busy)]
#[case(
    400,
    "instance-operations/launch/insufficient-capacity",
    ErrorKind::InsufficientCapacity
)]
#[case(500, "global/internal-error", ErrorKind::Unavailable)]
#[case(429, "global/brand-new", ErrorKind::RateLimited)]
#[case(418, "global/brand-new", ErrorKind::InvalidArgument)]
fn codes(#[case] status: u16, #[case] code: &str, #[case] kind: ErrorKind) {
    let error = run(&IN_ONE_REQUEST, &|_| Some(said(status, code)))
        .1
        .unwrap_err();
    assert_eq!((error.kind, error.code.as_deref()), (kind, Some(code)));
    assert_eq!(error.scope, Scope::Provider);
    assert_eq!(
        error.message,
        "GET /instance-types: What happened. What to do."
    );
    assert_eq!(error.retry_after_ms, Some(3000));
}

#[rstest]
#[case(401, "", ErrorKind::Unauthenticated)]
#[case(429, "<html>slow down</html>", ErrorKind::RateLimited)]
#[case(502, "{\"error\": \"text\"}", ErrorKind::Unavailable)]
fn a_refusal_without_a_code_means_its_status(
    #[case] status: u16,
    #[case] body: &str,
    #[case] kind: ErrorKind,
) {
    let error = run(&IN_ONE_REQUEST, &|_| Some(Ok((status, body.into()))))
        .1
        .unwrap_err();
    assert_eq!((error.kind, error.code), (kind, None));
    assert!(
        error.message.contains(&status.to_string()),
        "{}",
        error.message
    );
}

#[rstest]
#[case(HttpErrorKind::CredentialMissing, ErrorKind::Unauthenticated)]
#[case(HttpErrorKind::Timeout, ErrorKind::Unavailable)]
fn no_answer(#[case] from: HttpErrorKind, #[case] kind: ErrorKind) {
    let error = run(&IN_ONE_REQUEST, &|_| Some(Err(from))).1.unwrap_err();
    assert_eq!((error.kind, error.scope), (kind, Scope::Provider));
    let error = whoami(&Cloud {
        special: &|_| Some(Err(from)),
        asked: RefCell::default(),
    })
    .now_or_never()
    .unwrap()
    .unwrap_err();
    assert_eq!(error.kind, kind);
}

#[rstest]
#[case("")]
#[case("{}")]
#[case("{\"data\": []}")]
#[case("{\"data\": {\"a\"")]
#[case("<html></html>")]
fn an_answer_of_another_shape_is_an_error(#[case] body: &str) {
    let error = run(&IN_ONE_REQUEST, &|_| Some(Ok((200, body.into()))))
        .1
        .unwrap_err();
    assert_eq!(error.kind, ErrorKind::Internal);
    assert!(
        error
            .message
            .starts_with("GET /instance-types: invalid response: "),
        "{}",
        error.message
    );
}

#[rstest]
#[case::missing(r#""price_cents_per_hour": 75, "#, "", "nothing")]
#[case::null(": 75,", ": null,", "nothing")]
#[case::text(": 75,", r#": "75","#, r#"\"75\""#)]
#[case::negative(": 75,", ": -75,", "-75")]
#[case::fraction(": 75,", ": 75.5,", "75.5")]
#[case::zero(": 75,", ": 0,", "0")]
#[case::too_much(": 75,", ": 18446744073709551615,", "18446744073709551615")]
#[case::most(": 75,", ": 100000000001,", "100000000001")]
#[case::renamed("price_cents_per_hour\": 75", "price_per_hour\": 0.75", "nothing")]
fn an_unknown_price_is_a_gap_and_never_a_record(
    #[case] from: &str,
    #[case] to: &str,
    #[case] found: &str,
) {
    let listing = changed(from, to);
    let prices = listing.prices.unwrap();
    assert!(
        prices
            .iter()
            .all(|price| price.instance_type == "gpu_1x_gh200")
    );
    assert_eq!(prices.len(), 18);
    assert_eq!(listing.capacity.unwrap().len(), 2 * 18);
    let [gap] = listing.missing.as_slice() else {
        panic!("{:?}", listing.missing)
    };
    assert_eq!(gap.kind, DataKind::Prices);
    let message =
        format!("the price of gpu_1x_a10 is not a whole number of cents above 0: {found}");
    assert_eq!(gap.error.message, message);
}

#[rstest]
#[case("\"vcpus\": 30", "\"vcpus\": 0")]
#[case("\"vcpus\": 30", "\"vcpus\": -1")]
#[case("\"memory_gib\": 200", "\"memory\": 200")]
#[case("\"memory_gib\": 200", "\"memory_gib\": 0")]
#[case("A10 (24 GB PCIe)\",\n", "\", \"gpu_description\": 1,\n")]
#[case("\"gpu_1x_a10\": {", "\"gpu_1x_a10\\u0007\": {")]
#[case("\"gpu_1x_a10\": {", "\"gpu_1x_a10$(shell id)\": {")]
#[case("\"gpu_1x_a10\": {", "\"gpu_1x_a10; touch P\": {")]
#[case(
    r#"{"vcpus": 30, "memory_gib": 200, "storage_gib": 1400, "gpus": 1}"#,
    "null"
)]
fn a_type_that_cannot_be_read_does_not_take_the_others_with_it(
    #[case] from: &str,
    #[case] to: &str,
) {
    let listing = changed(from, to);
    assert_eq!(listing.instance_types.unwrap().len(), 1);
    assert!(
        listing
            .prices
            .unwrap()
            .iter()
            .all(|o| o.instance_type == "gpu_1x_gh200")
    );
    let [gap] = listing.missing.as_slice() else {
        panic!("{:?}", listing.missing)
    };
    assert_eq!(gap.kind, DataKind::InstanceTypes);
    assert!(
        gap.error.message.contains("gpu_1x_a10"),
        "{}",
        gap.error.message
    );
}

#[test]
fn a_region_or_an_image_with_a_text_that_acts_is_left_out_and_said() {
    let answer = |path: &str| match path {
        "regions" => Some(Ok((200, REGIONS.replace("eu-far-1", "eu-far\\u001b[2J")))),
        "images" => Some(Ok((200, IMAGES.replace("arm64", "arm\\n64")))),
        _ => None,
    };
    let wanted = [DataKind::Regions, DataKind::Images];
    let listing = run(&wanted, &answer).1.unwrap();
    assert_eq!(listing.regions.unwrap().len(), 1);
    assert_eq!(listing.images.unwrap().len(), 1);
    let said: Vec<_> = listing
        .missing
        .iter()
        .map(|gap| gap.error.message.as_str())
        .collect();
    assert_eq!(
        said,
        [
            r"invalid region name: eu-far\u{1b}[2J",
            "an image has invalid text: i-3"
        ]
    );
}

#[test]
fn capacity_that_is_not_said_is_unknown() {
    let listing = changed("\"regions_with_capacity_available\": []", "\"regions\": []");
    let capacity = listing.capacity.unwrap();
    assert!(capacity.iter().all(|c| c.instance_type == "gpu_1x_a10"));
    assert_eq!(listing.missing.len(), 1);
    assert_eq!(listing.missing[0].kind, DataKind::Capacity);
}

#[test]
fn what_else_was_had_is_kept() {
    let wanted = [DataKind::Regions, DataKind::Capacity];
    let refuse =
        |path: &'static str| move |asked: &str| (asked == path).then(|| said(429, "global/slow"));
    let listing = run(&wanted, &refuse("regions")).1.unwrap();
    assert_eq!(
        (listing.regions, listing.capacity.unwrap().len()),
        (None, 2 * 18)
    );
    let kinds: Vec<DataKind> = listing.missing.iter().map(|gap| gap.kind).collect();
    assert_eq!(kinds, [DataKind::Regions]);

    let listing = run(&wanted, &refuse("instance-types")).1.unwrap();
    assert_eq!(
        (listing.regions.unwrap().len(), listing.capacity),
        (2, None)
    );
    let kinds: Vec<DataKind> = listing.missing.iter().map(|gap| gap.kind).collect();
    assert_eq!(kinds, [DataKind::Capacity]);
}

#[test]
fn of_several_errors_the_key_is_told() {
    let wanted = [DataKind::Regions, DataKind::Capacity];
    let answer = |path: &str| {
        Some(match path {
            "regions" => said(401, "global/invalid-api-key"),
            _ => Err(HttpErrorKind::Timeout),
        })
    };
    let error = run(&wanted, &answer).1.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Unauthenticated);
}
