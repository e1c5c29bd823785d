#include "tests/support/fake_docker.hpp"

#include "core/json/codec.hpp"

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <fmt/format.h>

namespace kontena::tests {
namespace {

namespace bj = boost::json;
using net::HttpReply;
using net::HttpRequest;
using net::HttpResponse;

HttpReply answer(int status, bj::value const& body) {
    HttpResponse out;
    out.status = status;
    out.headers.add("Content-Type", "application/json");
    if (!body.is_null()) out.body = json::serialize(body);
    return out;
}

bj::value message(std::string_view text) { return bj::object{{"message", text}}; }

bj::object labels_of(std::map<std::string, std::string> const& labels) {
    bj::object out;
    for (auto const& [key, value] : labels) out.emplace(key, value);
    return out;
}

/// `/v1.41/containers/x/json` -> `/containers/x/json`
std::string without_version(std::string const& target) {
    auto const path = target.substr(0, target.find('?'));
    return path.starts_with("/v1.") ? path.substr(path.find('/', 1)) : path;
}

std::string frame(int channel, std::string_view text) {
    std::string out{static_cast<char>(channel), 0, 0, 0};
    for (unsigned const shift : {24U, 16U, 8U, 0U})
        out += static_cast<char>(text.size() >> shift & 255U);
    return out.append(text);
}

/// A command that repeats its input until it reads `bye`.
awaitable<void> echo(net::StreamPtr stream, bool terminal) {
    std::string piece(4096, '\0');
    while (true) {
        boost::system::error_code ec;
        auto const size = co_await stream->async_read_some(
            asio::buffer(piece), asio::redirect_error(asio::use_awaitable, ec)
        );
        auto const text = std::string_view(piece).substr(0, size);
        if (ec || text == "bye") break;
        auto const bytes = terminal ? std::string(text) : frame(2, text);
        co_await asio::async_write(
            *stream, asio::buffer(bytes), asio::redirect_error(asio::use_awaitable, ec)
        );
    }
    co_await stream->shutdown(core::Millis(100));
}

} // namespace

FakeDocker::FakeDocker(asio::any_io_executor executor, std::string socket)
    : executor_(executor)
    , socket_(std::move(socket))
    , news_(executor) {
    listen();
}

FakeDocker::~FakeDocker() = default;

void FakeDocker::listen() {
    auto const handler = [this](HttpRequest request, net::ConnectionInfo) {
        return handle(std::move(request));
    };
    server_ = std::make_unique<net::HttpServer>(executor_, net::HttpServerOptions{}, handler);
    auto listener = net::Listener::open_unix(executor_, socket_);
    if (listener) server_->serve(std::move(*listener));
}

awaitable<void> FakeDocker::stop() { return go_away(); }

awaitable<void> FakeDocker::go_away() {
    if (server_) co_await server_->stop(core::Millis(0));
    server_.reset();
}

void FakeDocker::come_back() { listen(); }

void FakeDocker::add_image(std::string const& image, bool local) {
    registry_[image];
    if (local) local_.insert(image);
}

void FakeDocker::add_image_volume(std::string const& image, std::string const& path) {
    registry_[image].insert(path);
}

std::string FakeDocker::stamp() { return fmt::format("2026-01-01T00:00:00.{:09}Z", ++ticks_); }

void FakeDocker::emit(std::string const& action, Container const& container) {
    if (muted_) return;
    auto attributes = labels_of(container.labels);
    attributes.emplace("name", container.name);
    bj::object const event{
        {"Type", "container"},
        {"Action", action},
        {"Actor", bj::object{{"ID", container.id}, {"Attributes", attributes}}},
        {"time", 1},
        {"timeNano", 1'000'000'000 + ++ticks_},
    };
    events_.push_back(json::serialize(event) + "\n");
    news_.notify();
}

void FakeDocker::end_run(Container& container, int exit_code) {
    container.status = "exited";
    container.exit_code = exit_code;
    container.finished_at = stamp();
    emit("die", container);
}

void FakeDocker::crash(std::string const& name, int exit_code, std::string last_words) {
    last_words_[name] = std::move(last_words);
    end_run(containers_.at(name), exit_code);
}

void FakeDocker::remove_by_hand(std::string const& name) {
    auto& container = containers_.at(name);
    if (container.running()) end_run(container, 137);
    remove(container, true);
}

void FakeDocker::run_foreign(std::string const& name, std::map<std::string, std::string> labels) {
    Container made{.id = fmt::format("foreign{}", next_id_++), .name = name};
    made.labels = std::move(labels);
    start(containers_.emplace(name, std::move(made)).first->second);
}

FakeDocker::Container const* FakeDocker::find(std::string const& name) const {
    for (auto const& [key, container] : containers_) {
        if (key == name || container.id == name) return &container;
    }
    return nullptr;
}

std::vector<std::string> FakeDocker::running() const {
    std::vector<std::string> out;
    for (auto const& [name, container] : containers_) {
        if (container.running()) out.push_back(name);
    }
    return out;
}

int FakeDocker::count(std::string const& prefix) const {
    int out = 0;
    for (auto const& request : requests_) out += request.starts_with(prefix) ? 1 : 0;
    return out;
}

std::optional<HttpReply> FakeDocker::planned_failure(std::string const& what) {
    for (auto& [prefix, failure] : failures_) {
        if (!what.starts_with(prefix) || failure.times == 0) continue;
        --failure.times;
        return answer(failure.status, message(failure.message));
    }
    return std::nullopt;
}

awaitable<HttpReply> FakeDocker::handle(HttpRequest request) {
    auto const path = without_version(request.target);
    auto const what = request.method + " " + path;
    requests_.push_back(what);
    if (auto failure = planned_failure(what)) co_return std::move(*failure);
    auto const target = net::parse_target(request.target);
    if (!target) co_return answer(400, message("bad target"));
    auto segments = target->segments;
    if (!segments.empty() && segments[0].starts_with("v1.")) segments.erase(segments.begin());
    if (path == "/version")
        co_return answer(200, bj::object{{"ApiVersion", "1.41"}, {"MinAPIVersion", "1.12"}});
    if (path == "/info") {
        co_return answer(
            200, bj::object{{"ID", "ENGINE"}, {"Name", "host-1"}, {"NCPU", 2}, {"MemTotal", 1024}}
        );
    }
    if (path == "/events") co_return follow_events();
    if (path == "/images/create") co_return pull(target->query.get("fromImage").value_or(""));
    if (segments.size() > 2 && segments[0] == "images") {
        auto const name = path.substr(8, path.size() - 8 - 5);
        auto const reply = image(*net::percent_decode(name));
        co_return answer(reply.status, reply.body);
    }
    if (path == "/volumes/create") {
        auto const body = json::parse(request.body);
        std::string const name(body->at("Name").as_string());
        volumes_.insert(name);
        co_return answer(201, bj::object{{"Name", name}, {"Driver", "local"}});
    }
    if (path == "/containers/create") {
        auto const reply = create(request, target->query.get("name").value_or(""));
        co_return answer(reply.status, reply.body);
    }
    if (path == "/containers/json") {
        auto const reply = list();
        co_return answer(reply.status, reply.body);
    }
    if (segments.size() == 3 && segments[2] == "exec") {
        exec_ = json::parse(request.body)->as_object();
        co_return answer(201, bj::object{{"Id", "exec1"}});
    }
    if (segments.size() == 3 && segments[0] == "exec") co_return exec_call(segments[2]);
    if (segments.size() >= 2 && segments[0] == "containers") {
        auto const* found = find(segments[1]);
        if (found != nullptr && segments.size() == 3 && segments[2] == "logs")
            co_return logs(*found);
        auto const reply = container_call(request, segments);
        co_return answer(reply.status, reply.body);
    }
    co_return answer(404, message("page not found"));
}

FakeDocker::Reply FakeDocker::list() const {
    bj::array out;
    for (auto const& [name, container] : containers_) {
        if (!container.labels.contains("io.kontena.container.type")) continue;
        out.push_back(bj::object{
            {"Id", container.id},
            {"Names", bj::array{"/" + name}},
            {"State", container.status},
            {"Labels", labels_of(container.labels)},
        });
    }
    return {200, std::move(out)};
}

FakeDocker::Reply FakeDocker::create(HttpRequest const& request, std::string name) {
    auto const body = json::parse(request.body);
    if (!body) return {400, message("invalid JSON")};
    std::string const wanted(body->at("Image").as_string());
    if (!local_.contains(wanted)) return {404, message("No such image: " + wanted)};
    if (containers_.contains(name)) {
        auto const text =
            fmt::format("Conflict. The container name \"/{}\" is already in use", name);
        return {409, message(text)};
    }
    Container made{.id = fmt::format("c{}", next_id_++), .name = name};
    made.config = body->as_object();
    for (auto const& [key, value] : body->at("Labels").as_object())
        made.labels[std::string(key)] = std::string(value.as_string());
    emit("create", made);
    auto const id = made.id;
    containers_.emplace(name, std::move(made));
    return {201, bj::object{{"Id", id}, {"Warnings", bj::array{}}}};
}

FakeDocker::Reply FakeDocker::start(Container& container) {
    if (container.running()) return {304, nullptr};
    container.status = "running";
    container.started_at = stamp();
    ++container.runs;
    emit("start", container);
    return {204, nullptr};
}

FakeDocker::Reply FakeDocker::remove(Container& container, bool force) {
    if (container.running() && !force)
        return {409, message("You cannot remove a running container")};
    emit("destroy", container);
    containers_.erase(std::string(container.name));
    return {204, nullptr};
}

FakeDocker::Reply
FakeDocker::container_call(HttpRequest const& request, std::vector<std::string> const& path) {
    auto const* found = find(path[1]);
    if (found == nullptr) return {404, message("No such container: " + path[1])};
    auto& container = containers_.at(found->name);
    if (request.method == "DELETE") return remove(container, false);
    auto const verb = path.size() == 3 ? path[2] : "";
    if (verb == "start") return start(container);
    if (verb == "stop") {
        if (!container.running()) return {304, nullptr};
        end_run(container, 143);
        return {204, nullptr};
    }
    if (verb != "json") return {404, message("page not found")};
    bj::object const endpoint{{"IPAddress", container.running() ? address_ : ""}};
    return {
        200,
        bj::object{
            {"Id", container.id},
            {"Name", "/" + container.name},
            {"State",
             bj::object{
                 {"Status", container.status},
                 {"Running", container.running()},
                 {"ExitCode", container.exit_code},
                 {"Error", container.start_error},
                 {"StartedAt", container.started_at},
                 {"FinishedAt", container.finished_at},
             }},
            {"Config", bj::object{{"Labels", labels_of(container.labels)}}},
            {"NetworkSettings", bj::object{{"Networks", bj::object{{"bridge", endpoint}}}}},
        }
    };
}

FakeDocker::Reply FakeDocker::image(std::string const& name) const {
    if (!local_.contains(name)) return {404, message("No such image: " + name)};
    bj::object volumes;
    if (auto const it = registry_.find(name); it != registry_.end()) {
        for (auto const& path : it->second) volumes.emplace(path, bj::object{});
    }
    return {
        200, bj::object{{"Id", "sha256:" + name}, {"Config", bj::object{{"Volumes", volumes}}}}
    };
}

HttpReply FakeDocker::pull(std::string image) {
    if (registry_broken_) return answer(500, message("registry is unreachable"));
    if (!registry_.contains(image))
        return answer(404, message("manifest for " + image + " not found: manifest unknown"));
    local_.insert(image);
    net::StreamReply out;
    out.produce = [](net::BodyWriter& writer) -> awaitable<void> {
        (void)co_await writer.write("{\"status\":\"Pulling from lab\",\"id\":\"1\"}\r\n{\"sta");
        (void)co_await writer.write("tus\":\"Downloaded\"}\r\n");
    };
    return out;
}

HttpReply FakeDocker::exec_call(std::string const& verb) {
    if (verb == "json") return answer(200, bj::object{{"Running", false}, {"ExitCode", 5}});
    if (verb != "start") return answer(200, nullptr);
    bool const terminal = exec_.at("Tty").as_bool();
    net::UpgradeReply out;
    out.head.status = 101;
    out.head.headers = {{"Connection", "Upgrade"}, {"Upgrade", "tcp"}};
    out.run = [terminal](net::StreamPtr stream) { return echo(std::move(stream), terminal); };
    return out;
}

HttpReply FakeDocker::logs(Container const& container) const {
    auto const it = last_words_.find(container.name);
    auto const text = it == last_words_.end() ? std::string{} : it->second;
    HttpResponse out;
    if (text.empty()) return out;
    out.body = frame(1, text);
    return out;
}

HttpReply FakeDocker::follow_events() {
    net::StreamReply out;
    out.produce = [this](net::BodyWriter& writer) { return produce_events(&writer); };
    return out;
}

awaitable<void> FakeDocker::produce_events(net::BodyWriter* out) {
    auto at = events_.size();
    while (true) {
        auto const seen = news_.epoch();
        while (at < events_.size()) {
            if (!co_await out->write(events_[at++])) co_return;
        }
        co_await news_.wait_after(seen, std::chrono::hours(1));
    }
}

} // namespace kontena::tests
