pub mod bindings {
    wit_bindgen::generate!({ path: "../wit", world: "plugin", pub_export_macro: true, additional_derives: [PartialEq, serde::Serialize, serde::Deserialize], generate_all });
}
