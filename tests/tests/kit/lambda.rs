//! The stand-in for Lambda Cloud uses the real formats, and fails as configured.

use std::time::{Duration, Instant};

use cloudhost_tests::{LAMBDA_KEY, LambdaCloud, LambdaFault, LambdaSettings, program, python};
use rstest::rstest;
use serde_json::{Value, json};

/// Reads the cloud with the client from PyPI.
fn client(cloud: &LambdaCloud, key: &str) -> Value {
    let out = python::run("lambda_client.py", [cloud.url().as_str(), key]).unwrap();
    serde_json::from_str(&out).unwrap()
}

/// Makes calls with the client from PyPI, and returns their results.
fn calls(cloud: &LambdaCloud, calls: &Value) -> Vec<Value> {
    let args = [&cloud.url(), LAMBDA_KEY, &calls.to_string()];
    let out = python::run("lambda_client.py", args).unwrap();
    serde_json::from_str(&out).unwrap()
}

/// A cloud with the SSH key `key` and the file system `data` in us-east-1.
fn furnished(settings: LambdaSettings) -> LambdaCloud {
    let cloud = LambdaCloud::start().unwrap();
    cloud.set(settings);
    let key = json!({"name": "key", "public_key": "ssh-ed25519 AAAA test"});
    cloud.by_another_hand("POST", "/ssh-keys", &key).unwrap();
    let disk = json!({"name": "data", "region": "us-east-1"});
    cloud
        .by_another_hand("POST", "/filesystems", &disk)
        .unwrap();
    cloud
}

/// A launch of an A10 in us-east-1 with changes.
fn launch(changes: &Value) -> Value {
    let mut body = json!({"region_name": "us-east-1", "instance_type_name": "gpu_1x_a10", "ssh_key_names": ["key"]});
    for (name, value) in changes.as_object().unwrap() {
        body[name] = value.clone();
    }
    json!(["launch_instance", body])
}

/// The status and code of results.
fn codes(results: &[Value]) -> Vec<(u64, &str)> {
    results
        .iter()
        .map(|result| {
            let error = &result["error"];
            let text = error
                .as_str()
                .or(error["code"].as_str())
                .unwrap_or_default();
            (result["status"].as_u64().unwrap(), text)
        })
        .collect()
}

/// Returns status and body as curl sees them. The status is `000` if there is no response within `seconds`.
fn curl(cloud: &LambdaCloud, path: &str, authorization: &str, seconds: &str) -> (String, String) {
    let header = format!("Authorization: {authorization}");
    let url = format!("{}/api/v1{path}", cloud.url());
    let args = [
        "-s",
        "-w",
        "\n%{http_code}",
        "--max-time",
        seconds,
        "-H",
        &header,
        &url,
    ];
    let out = program::command("curl")
        .unwrap()
        .args(args)
        .output()
        .unwrap();
    let text = String::from_utf8(out.stdout).unwrap();
    let (body, status) = text.rsplit_once('\n').unwrap();
    (status.to_owned(), body.to_owned())
}

fn bearer() -> String {
    format!("Bearer {LAMBDA_KEY}")
}

#[test]
fn a_client_of_others_reads_every_field() {
    let cloud = LambdaCloud::start().unwrap();
    cloud.content(|content| {
        content.capacity("gpu_1x_new", &["us-south-1"]);
    });
    let result = client(&cloud, LAMBDA_KEY);
    assert_eq!(result["types"].as_object().unwrap().len(), 8);
    assert_eq!(result["types"]["gpu_1x_a10"]["price_cents_per_hour"], 75);
    assert_eq!(result["types"]["gpu_1x_new"]["name"], "gpu_1x_new");
    let specs = json!({"vcpus": 208, "memory_gib": 1800, "storage_gib": 22528, "gpus": 8});
    assert_eq!(result["types"]["gpu_8x_h100_sxm5"]["specs"], specs);
    assert_eq!(
        result["capacity"]["gpu_1x_a10"],
        json!(["us-east-1", "us-west-1"])
    );
    assert_eq!(result["capacity"]["gpu_1x_new"], json!(["us-south-1"]));
    assert_eq!(result["capacity"]["gpu_1x_rtx6000"], json!([]));
    assert_eq!(result["regions"].as_array().unwrap().len(), 5);
    assert_eq!(cloud.paths(), ["/instance-types", "/regions"]);
}

#[test]
fn a_client_of_others_does_not_read_what_is_broken() {
    let cloud = LambdaCloud::start().unwrap();
    cloud.content(|content| {
        content.price("gpu_1x_a10", None);
    });
    let error = python::run("lambda_client.py", [cloud.url().as_str(), LAMBDA_KEY]).unwrap_err();
    assert!(
        error.to_string().contains("price_cents_per_hour"),
        "{error}"
    );
}

#[rstest]
#[case(None, 401, "global/invalid-api-key")]
#[case(Some(LambdaFault::InvalidKey), 401, "global/invalid-api-key")]
#[case(Some(LambdaFault::AccountInactive), 403, "global/account-inactive")]
fn a_client_of_others_reads_the_errors(
    #[case] fault: Option<LambdaFault>,
    #[case] status: u16,
    #[case] code: &str,
) {
    let cloud = LambdaCloud::start().unwrap();
    let key = if fault.is_some() {
        LAMBDA_KEY
    } else {
        "another"
    };
    if let Some(fault) = fault {
        cloud.fail(None, fault);
    }
    let result = client(&cloud, key);
    assert_eq!(result["status"], status);
    assert_eq!(result["error"]["code"], code);
    assert_eq!(cloud.requests()[0].status, Some(status));
}

#[rstest]
#[case("Bearer ", LAMBDA_KEY, "200")]
#[case("Basic ", LAMBDA_KEY, "200")]
#[case(
    "Basic ",
    "c2VjcmV0X3Rlc3RfNWQ0MTQwMmFiYzRiMmE3NmI5NzE5ZDkxMTAxN2M1OTI6",
    "200"
)]
#[case("Bearer ", "other", "401")]
#[case("", "", "401")]
fn keys(#[case] scheme: &str, #[case] key: &str, #[case] status: &str) {
    let cloud = LambdaCloud::start().unwrap();
    assert_eq!(
        curl(&cloud, "/regions", &format!("{scheme}{key}"), "60").0,
        status
    );
}

#[test]
fn faults_are_about_their_path_and_number() {
    let cloud = LambdaCloud::start().unwrap();
    let slow = LambdaFault::RateLimited(Some(2));
    cloud.fail_times(Some("/regions"), slow, 1);
    cloud.fail_times(Some("/images"), LambdaFault::Answer(200, "{".into()), 1);
    let status = |path| curl(&cloud, path, &bearer(), "60").0;
    assert_eq!(status("/instance-types"), "200");
    assert_eq!([status("/regions"), status("/regions")], ["429", "200"]);
    assert_eq!(
        curl(&cloud, "/images", &bearer(), "60"),
        ("200".into(), "{".into())
    );
    assert!(
        curl(&cloud, "/images", &bearer(), "60")
            .1
            .contains("lambda-stack-22-04")
    );
    assert_eq!(status("/nothing"), "404");
}

#[test]
fn no_answer_is_none() {
    let cloud = LambdaCloud::start().unwrap();
    cloud.fail_times(None, LambdaFault::Drop, 1);
    cloud.fail_times(None, LambdaFault::Hang, 1);
    assert_eq!(curl(&cloud, "/regions", &bearer(), "60").0, "000");
    let start = Instant::now();
    assert_eq!(curl(&cloud, "/regions", &bearer(), "1").0, "000");
    assert!(start.elapsed() >= Duration::from_secs(1));
    cloud.heal();
    assert_eq!(curl(&cloud, "/regions", &bearer(), "60").0, "200");
    let seen: Vec<_> = cloud
        .requests()
        .iter()
        .map(|request| request.status)
        .collect();
    assert_eq!(seen, [None, None, Some(200)]);
}

#[test]
fn the_rate_is_held_where_it_is_asked_for() {
    let cloud = LambdaCloud::start().unwrap();
    let status = || curl(&cloud, "/regions", &bearer(), "60").0;
    assert_eq!([status(), status()], ["200", "200"]);
    cloud.hold_rate();
    std::thread::sleep(Duration::from_millis(1000));
    assert_eq!([status(), status()], ["200", "429"]);
    std::thread::sleep(Duration::from_millis(1000));
    assert_eq!(status(), "200");
    let at: Vec<Duration> = cloud.requests().iter().map(|request| request.at).collect();
    assert!(at.is_sorted(), "{at:?}");
}

#[test]
fn an_instance_passes_through_its_life() {
    let cloud = furnished(LambdaSettings::default());
    let tags = json!([{"key": "owner", "value": "me"}]);
    let changes = json!({"name": "one", "tags": tags, "file_system_names": ["data"], "hostname": "one", "user_data": "#!/bin/sh",
        "image": {"family": "lambda-stack-22-04"}});
    let results = calls(
        &cloud,
        &json!([
            launch(&changes),
            ["get_instance", "$0"],
            ["list_instances"],
            ["get_instance", "$0"],
            ["post_instance", "$0", {"name": "two"}],
            ["restart_instance", {"instance_ids": ["$0"]}],
            ["list_instances"],
            ["list_instances"],
            ["list_filesystems"],
            ["terminate_instance", {"instance_ids": ["$0"]}],
            ["terminate_instance", {"instance_ids": ["$0"]}],
            ["list_instances"],
            ["list_instances"],
            ["list_instances"],
            ["get_instance", "$0"],
            ["terminate_instance", {"instance_ids": ["$0"]}],
        ]),
    );
    let status = |at: usize| results[at]["data"][0]["status"].as_str();
    assert_eq!(
        codes(&results)[1],
        (404, "global/object-does-not-exist"),
        "lists lag"
    );
    let booting = &results[2]["data"][0];
    assert_eq!(
        (status(2), booting.get("ip"), &booting["tags"]),
        (Some("booting"), None, &tags)
    );
    assert_eq!(
        booting["actions"]["restart"]["reason_code"],
        "vm-has-not-launched"
    );
    let active = &results[3]["data"];
    assert_eq!(
        (&active["status"], &active["name"], &active["hostname"]),
        (&json!("active"), &json!("one"), &json!("one"))
    );
    assert!(
        active["ip"].is_string()
            && active["file_system_mounts"][0]["mount_point"] == "/lambda/nfs/data"
    );
    assert_eq!(results[4]["data"]["name"], "two");
    assert_eq!(
        results[5]["data"]["restarted_instances"][0]["status"],
        "booting"
    );
    assert_eq!([status(6), status(7)], [Some("booting"), Some("active")]);
    assert_eq!(results[8]["data"][0]["is_in_use"], true);
    let ended = &results[9]["data"]["terminated_instances"][0];
    assert_eq!(
        (
            &ended["status"],
            &ended["actions"]["terminate"]["available"]
        ),
        (&json!("terminating"), &json!(false))
    );
    assert_eq!(codes(&results)[10], (200, ""), "once more is no error");
    assert_eq!(
        [status(11), status(12), status(13)],
        [Some("terminating"), Some("terminated"), None]
    );
    assert_eq!([codes(&results)[14].0, codes(&results)[15].0], [404, 404]);
    let made = cloud.instances();
    assert_eq!(
        (made.len(), made[0].ended, made[0].foreign),
        (1, true, false)
    );
    assert_eq!(made[0].tags, [("owner".to_owned(), "me".to_owned())]);
    let effects = cloud
        .requests()
        .iter()
        .filter(|request| request.effect)
        .count();
    assert_eq!(
        (effects, cloud.requests()[0].body["name"].as_str()),
        (5, Some("one"))
    );
}

#[test]
fn launches_are_refused_by_their_codes() {
    let cloud = furnished(LambdaSettings {
        quota: Some(2),
        ..LambdaSettings::at_once()
    });
    let refused = [
        (
            json!({"ssh_key_names": []}),
            400,
            "global/invalid-parameters",
        ),
        (
            json!({"ssh_key_names": ["key", "key"]}),
            400,
            "global/invalid-parameters",
        ),
        (
            json!({"ssh_key_names": ["none"]}),
            404,
            "global/object-does-not-exist",
        ),
        (
            json!({"instance_type_name": "gpu_none"}),
            404,
            "global/object-does-not-exist",
        ),
        (
            json!({"image": {"id": "none"}}),
            404,
            "global/object-does-not-exist",
        ),
        (
            json!({"file_system_names": ["none"]}),
            404,
            "global/object-does-not-exist",
        ),
        (
            json!({"name": "n".repeat(65)}),
            400,
            "global/invalid-parameters",
        ),
        (
            json!({"hostname": "-one"}),
            400,
            "global/invalid-parameters",
        ),
        (json!({"quantity": 1}), 400, "global/invalid-parameters"),
        (
            json!({"region_name": "us-west-2"}),
            400,
            "global/invalid-parameters",
        ),
        (
            json!({"region_name": "us-midwest-1"}),
            400,
            "instance-operations/launch/insufficient-capacity",
        ),
        (
            json!({"region_name": "us-west-1", "file_system_names": ["data"]}),
            400,
            "instance-operations/launch/file-system-in-wrong-region",
        ),
        // No token: the same request twice makes two.
        (json!({}), 200, ""),
        (json!({}), 200, ""),
        (json!({}), 400, "global/quota-exceeded"),
    ];
    let requests: Vec<_> = refused
        .iter()
        .map(|(changes, ..)| launch(changes))
        .collect();
    let results = calls(&cloud, &json!(requests));
    for ((changes, status, code), result) in refused.iter().zip(codes(&results)) {
        assert_eq!(result, (*status, *code), "{changes}");
    }
    assert_eq!(cloud.instances().len(), 2);
}

#[test]
fn file_systems_and_keys() {
    let cloud = furnished(LambdaSettings::at_once());
    let disk = cloud.file_systems()[0].id.clone();
    let key = cloud.ssh_keys()[0].id.clone();
    let results = calls(
        &cloud,
        &json!([
            ["create_filesystem", {"name": "data", "region": "us-west-1"}],
            ["create_filesystem", {"name": "more", "region": "us-west-1"}],
            launch(&json!({"file_system_names": ["data"]})),
            ["filesystem_delete", disk],
            ["terminate_instance", {"instance_ids": ["$0"]}],
            ["filesystem_delete", disk],
            ["filesystem_delete", disk],
            ["list_filesystems"],
            ["add_ssh_key", {"name": "key", "public_key": "ssh-ed25519 AAAA test"}],
            ["add_ssh_key", {"name": "made"}],
            ["delete_ssh_key", key],
            ["delete_ssh_key", key],
            ["list_ssh_keys"],
        ]),
    );
    let expected = [
        (400, "global/duplicate"),
        (200, ""),
        (200, ""),
        (400, "filesystems/filesystem-in-use"),
        (200, ""),
        (200, ""),
        (404, "global/object-does-not-exist"),
        (200, ""),
        (400, "global/invalid-parameters"),
        (200, ""),
        (200, ""),
        (400, "global/invalid-parameters"),
        (200, ""),
    ];
    assert_eq!(codes(&results), expected);
    assert_eq!(results[5]["data"]["deleted_ids"], json!([disk]));
    let names = |at: usize| results[at]["data"][0]["name"].as_str().map(str::to_owned);
    assert_eq!(
        (names(7).as_deref(), names(12).as_deref()),
        (Some("more"), Some("made"))
    );
    assert!(results[9]["data"]["private_key"].is_string());
    let foreign: Vec<_> = cloud.file_systems().iter().map(|one| one.foreign).collect();
    assert_eq!(foreign, [false]);
}

#[test]
fn launches_are_lost_late_and_held() {
    let at = Some("POST /instance-operations/launch");
    let cloud = furnished(LambdaSettings::at_once());
    cloud.fault(at, 1, LambdaFault::Drop);
    cloud.fault(at, 2, LambdaFault::LostAfter);
    cloud.fault(at, 3, LambdaFault::ErrorAfter(500, "global/internal-error"));
    cloud.fault(at, 4, LambdaFault::Error(429, "global/too-many-requests"));
    cloud.fault(at, 5, LambdaFault::LateResponse(Duration::from_millis(50)));
    cloud.fault(at, 6, LambdaFault::LateRequest(Duration::from_millis(50)));
    let six: Vec<_> = (0..6).map(|_| launch(&json!({}))).collect();
    let statuses: Vec<_> = calls(&cloud, &json!(six))
        .iter()
        .map(|result| result["status"].clone())
        .collect();
    assert_eq!(json!(statuses), json!([0, 0, 500, 429, 200, 200]));
    let log: Vec<_> = cloud
        .requests()
        .iter()
        .map(|request| (request.status, request.effect))
        .collect();
    let expected = [
        (None, false),
        (None, true),
        (Some(500), true),
        (Some(429), false),
        (Some(200), true),
        (Some(200), true),
    ];
    assert_eq!(log, expected);
    assert_eq!(cloud.instances().len(), 4);
    cloud.fault(None, 2, LambdaFault::Drop);
    let three = json!([["list_ssh_keys"], ["list_ssh_keys"], ["list_ssh_keys"]]);
    let seen = calls(&cloud, &three);
    let seen: Vec<_> = codes(&seen).iter().map(|(status, _)| *status).collect();
    assert_eq!(seen, [200, 0, 200]);

    for (fault, drop, made, status) in [
        (LambdaFault::HoldBefore, true, 0, 0),
        (LambdaFault::HoldBefore, false, 1, 200),
        (LambdaFault::HoldAfter, true, 1, 0),
    ] {
        let cloud = furnished(LambdaSettings::at_once());
        cloud.fault(at, 1, fault);
        std::thread::scope(|scope| {
            let caller = scope.spawn(|| calls(&cloud, &json!([launch(&json!({}))])));
            cloud.wait_for_held(Duration::from_secs(60)).unwrap();
            if drop {
                cloud.drop_held();
            } else {
                cloud.release();
            }
            assert_eq!(caller.join().unwrap()[0]["status"], status);
        });
        assert_eq!(cloud.instances().len(), made);
    }
}

#[test]
fn launches_have_a_rate_of_their_own() {
    let cloud = furnished(LambdaSettings::at_once());
    cloud.hold_rate();
    // By curl, as the client's start takes a second.
    let body = launch(&json!({}))[1].to_string();
    let one = || {
        let url = format!("{}/api/v1/instance-operations/launch", cloud.url());
        let authorization = format!("Authorization: {}", bearer());
        let args = [
            "-s",
            "-o",
            "/dev/null",
            "-w",
            "%{http_code}",
            "-H",
            &authorization,
            "-d",
            &body,
            &url,
        ];
        let out = program::command("curl")
            .unwrap()
            .args(args)
            .output()
            .unwrap();
        String::from_utf8(out.stdout).unwrap()
    };
    let after = |seconds| {
        cloud.pass(Duration::from_secs(seconds));
        one()
    };
    assert_eq!([one(), after(2), after(10)], ["200", "429", "200"]);
}

#[test]
fn other_hands_end_and_break_instances() {
    let cloud = furnished(LambdaSettings::default());
    let body = launch(&json!({"name": "theirs"}))[1].clone();
    let made = cloud
        .by_another_hand("POST", "/instance-operations/launch", &body)
        .unwrap();
    let id = made["instance_ids"][0].as_str().unwrap().to_owned();
    assert!(cloud.instances()[0].foreign && cloud.requests().is_empty());
    cloud.set_status(&id, "unhealthy");
    let status = |cloud: &LambdaCloud| {
        calls(cloud, &json!([["list_instances"]]))[0]["data"][0]["status"].clone()
    };
    assert_eq!(status(&cloud), "unhealthy");
    cloud.set_status(&id, "preempted");
    assert_eq!(
        [status(&cloud), status(&cloud)],
        [json!("preempted"), Value::Null]
    );
    let unknown = json!({"instance_ids": ["none"]});
    let error = cloud.by_another_hand("POST", "/instance-operations/terminate", &unknown);
    assert_eq!(
        error.unwrap_err().to_string(),
        "global/object-does-not-exist"
    );
    cloud.reset();
    assert!(
        cloud.instances().is_empty() && cloud.ssh_keys().is_empty() && cloud.requests().is_empty()
    );
}

#[test]
fn the_date_is_that_of_the_cloud() {
    let cloud = LambdaCloud::start().unwrap();
    let date = || {
        let url = format!("{}/api/v1/regions", cloud.url());
        let args = ["-s", "-o", "/dev/null", "-w", "%header{date}", &url];
        let out = program::command("curl")
            .unwrap()
            .args(args)
            .output()
            .unwrap();
        let text = String::from_utf8(out.stdout).unwrap();
        let parsed = std::process::Command::new("date")
            .args(["+%s", "-d", &text])
            .output()
            .unwrap();
        String::from_utf8(parsed.stdout)
            .unwrap()
            .trim()
            .parse::<u64>()
            .unwrap()
    };
    let now = std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .unwrap()
        .as_secs();
    let first = date();
    assert!(first.abs_diff(now) < 60, "{first} and {now}");
    cloud.pass(Duration::from_secs(86_400));
    assert!(date().abs_diff(first + 86_400) < 60);
}
