#pragma once

#include "core/async/notifier.hpp"
#include "core/net/http_server.hpp"

#include <boost/json/value.hpp>

#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace kontena::tests {

/// A Docker Engine that speaks the real HTTP API on a Unix socket, runs nothing, and fails on
/// purpose. All of it lives on one executor.
class FakeDocker {
public:
    struct Container {
        std::string id;
        std::string name;
        std::string status = "created"; ///< created, running, exited
        int exit_code = 0;
        std::string start_error;
        int runs = 0;
        std::string started_at = "0001-01-01T00:00:00Z";
        std::string finished_at = "0001-01-01T00:00:00Z";
        std::map<std::string, std::string> labels;
        boost::json::object config; ///< the body of the create request

        bool running() const { return status == "running"; }
    };

    struct Failure {
        int status = 500;
        std::string message;
        int times = 1;
    };

    FakeDocker(asio::any_io_executor executor, std::string socket);
    ~FakeDocker();

    awaitable<void> stop();
    /// The engine goes away; containers stay as they are.
    awaitable<void> go_away();
    void come_back();

    /// What happens to the next requests whose `METHOD path` begins like this (without version).
    void fail(std::string prefix, Failure failure) { failures_[std::move(prefix)] = failure; }

    void heal() { failures_.clear(); }

    /// Nobody hears of anything that happens.
    void mute_events(bool muted) { muted_ = muted; }

    /// An image in the registry, or on the host too.
    void add_image(std::string const& image, bool local = false);
    /// Paths that an image declares as volumes.
    void add_image_volume(std::string const& image, std::string const& path);

    void break_registry(bool broken) { registry_broken_ = broken; }

    /// The process of the container ends.
    void crash(std::string const& name, int exit_code, std::string last_words = {});
    /// `docker rm -f`
    void remove_by_hand(std::string const& name);
    /// A container that nobody of ours made.
    void run_foreign(std::string const& name, std::map<std::string, std::string> labels = {});

    /// The address that running containers have.
    void set_address(std::string address) { address_ = std::move(address); }

    Container const* find(std::string const& name) const;
    std::vector<std::string> running() const;

    std::map<std::string, Container> const& containers() const { return containers_; }

    /// `METHOD path` of all requests, without version and query.
    std::vector<std::string> const& requests() const { return requests_; }

    int count(std::string const& prefix) const;

    std::set<std::string> const& volumes() const { return volumes_; }

private:
    struct Reply {
        int status = 200;
        boost::json::value body;
    };

    awaitable<net::HttpReply> handle(net::HttpRequest request);
    std::optional<net::HttpReply> planned_failure(std::string const& what);
    Reply container_call(net::HttpRequest const& request, std::vector<std::string> const& path);
    Reply create(net::HttpRequest const& request, std::string name);
    Reply list() const;
    Reply start(Container& container);
    Reply remove(Container& container, bool force);
    Reply image(std::string const& name) const;
    net::HttpReply pull(std::string image);
    net::HttpReply logs(Container const& container) const;
    net::HttpReply exec_call(std::string const& verb);
    net::HttpReply follow_events();
    awaitable<void> produce_events(net::BodyWriter* out);
    void end_run(Container& container, int exit_code);
    void emit(std::string const& action, Container const& container);
    std::string stamp();
    void listen();

    asio::any_io_executor executor_;
    std::string socket_;
    std::string address_ = "127.0.0.1";
    std::map<std::string, Container> containers_; ///< by name
    std::map<std::string, std::string> last_words_;
    std::map<std::string, std::set<std::string>> registry_; ///< image -> volumes
    std::set<std::string> local_;
    std::set<std::string> volumes_;
    std::map<std::string, Failure> failures_;
    boost::json::object exec_; ///< the last exec that was created
    std::vector<std::string> requests_;
    bool registry_broken_ = false;
    bool muted_ = false;
    int next_id_ = 1;
    std::int64_t ticks_ = 0;
    std::deque<std::string> events_;
    async::Notifier news_;
    std::unique_ptr<net::HttpServer> server_;
};

} // namespace kontena::tests
