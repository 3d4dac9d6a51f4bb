//! Kubernetes clusters and node pools.

use crate::Fixture;
use crate::changes::{missing, named};
use cloudhost_sdk::clusters::{
    Access, Cluster, ClusterAuth, ClusterList, ClusterSpec, ClusterState, Clusters, KubeconfigFrom,
    Presign, TokenOf, Version,
};
use cloudhost_sdk::http::Request;
use cloudhost_sdk::node_pools::{NodePools, Pool, PoolSpec, PoolState, Scaling};
use cloudhost_sdk::resources::{Action, Place, ResourceId, ResourceKind, ResourceQuery, Step};
use cloudhost_sdk::{Error, Market, World};

fn cluster(id: &str) -> Cluster {
    Cluster {
        id: named(ResourceKind::Cluster, id),
        state: ClusterState::Running,
        status: Some("ACTIVE".to_owned()),
        version: Some("1.34".to_owned()),
        endpoint: Some("https://cluster.fixture.test".to_owned()),
        created: Some(1_793_232_000),
        protected: Some(true),
        tags: vec![("owner".to_owned(), "me".to_owned())],
        message: Some("well".to_owned()),
    }
}

impl Clusters for Fixture {
    async fn list<W: World>(_world: &W, _query: ResourceQuery) -> Result<ClusterList, Error> {
        Ok(ClusterList {
            clusters: vec![cluster("c-1")],
            missing: missing(),
        })
    }

    async fn get<W: World>(_world: &W, id: ResourceId) -> Result<Cluster, Error> {
        Ok(cluster(&id.id))
    }

    async fn versions<W: World>(_world: &W, _place: Place) -> Result<Vec<Version>, Error> {
        Ok(vec![Version {
            name: "1.34".to_owned(),
            is_default: true,
            end_of_support: Some("2027-03-23".to_owned()),
            upgrades: Some(vec!["1.35".to_owned()]),
        }])
    }

    /// Each kind of authentication, by the identifier.
    async fn connect<W: World>(_world: &W, id: ResourceId) -> Result<Access, Error> {
        let request = Request::get("https://api.fixture.test/cluster").bearer("fixture");
        Ok(Access {
            server: Some("https://cluster.fixture.test".to_owned()),
            certificate_authority: Some(b"-----BEGIN CERTIFICATE-----".to_vec()),
            tls_server_name: Some("kubernetes".to_owned()),
            auth: match id.id.as_str() {
                "token" => ClusterAuth::TokenOf(TokenOf {
                    credential: "fixture".to_owned(),
                    scope: Some("all".to_owned()),
                }),
                "presigned" => ClusterAuth::Presigned(Presign {
                    request,
                    prefix: "k8s-v1.".to_owned(),
                    expires_s: 60,
                    valid_s: 900,
                }),
                _ => ClusterAuth::KubeconfigFrom(KubeconfigFrom {
                    request,
                    pointer: "/kubeconfig".to_owned(),
                }),
            },
        })
    }

    async fn create<W: World>(_world: &W, spec: ClusterSpec) -> Result<Vec<Step>, Error> {
        let data = serde_json::to_string(&spec).map_err(|e| Error::internal(e.to_string()))?;
        let step = Step::create(ResourceKind::Cluster, spec.name, spec.place, "cluster");
        Ok(vec![step.data(data)])
    }

    async fn upgrade<W: World>(
        _world: &W,
        id: ResourceId,
        version: String,
        node_pools: bool,
    ) -> Result<Vec<Step>, Error> {
        let step = Step::change(Action::Upgrade, &id, format!("to {version}"));
        Ok(vec![step.data(node_pools.to_string())])
    }

    async fn delete<W: World>(_world: &W, id: ResourceId) -> Result<Vec<Step>, Error> {
        Ok(vec![Step::change(Action::Delete, &id, "delete")])
    }
}

fn scaling() -> Scaling {
    Scaling {
        desired: 2,
        min: 1,
        max: 3,
        autoscale: true,
    }
}

impl NodePools for Fixture {
    async fn list<W: World>(_world: &W, cluster: ResourceId) -> Result<Vec<Pool>, Error> {
        Ok(vec![Pool {
            id: named(ResourceKind::NodePool, &cluster.id),
            spec: PoolSpec {
                name: "default".to_owned(),
                instance_type: "large".to_owned(),
                scaling: scaling(),
                market: Market::OnDemand,
                version: Some("1.34".to_owned()),
                disk_gib: Some(50),
                role: Some("nodes".to_owned()),
                subnets: vec!["subnet-1".to_owned()],
                labels: vec![("a".to_owned(), "b".to_owned())],
                taints: vec!["gpu=true:NoSchedule".to_owned()],
                settings: vec![("c".to_owned(), "d".to_owned())],
            },
            state: PoolState::Degraded,
            status: Some("DEGRADED".to_owned()),
            version: Some("1.34".to_owned()),
            message: Some("one node is away".to_owned()),
        }])
    }

    async fn create<W: World>(
        _world: &W,
        cluster: ResourceId,
        spec: PoolSpec,
    ) -> Result<Vec<Step>, Error> {
        let data = serde_json::to_string(&spec).map_err(|e| Error::internal(e.to_string()))?;
        let step = Step::create(
            ResourceKind::NodePool,
            spec.name,
            cluster.place,
            "node pool",
        );
        Ok(vec![step.data(data)])
    }

    async fn scale<W: World>(
        _world: &W,
        pool: ResourceId,
        scaling: Scaling,
    ) -> Result<Vec<Step>, Error> {
        let step = Step::change(Action::Resize, &pool, format!("to {}", scaling.desired));
        Ok(vec![step])
    }

    async fn upgrade<W: World>(
        _world: &W,
        pool: ResourceId,
        version: String,
    ) -> Result<Vec<Step>, Error> {
        Ok(vec![Step::change(
            Action::Upgrade,
            &pool,
            format!("to {version}"),
        )])
    }

    async fn delete<W: World>(_world: &W, pool: ResourceId) -> Result<Vec<Step>, Error> {
        Ok(vec![Step::change(Action::Delete, &pool, "delete")])
    }
}
