#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>
#include <utility>
#include <vector>

namespace kontena::core {

/// An ordered map whose copies share structure: copying is O(1), an insertion or removal makes
/// O(log n) new nodes and leaves every copy as it was. An AVL tree with path copying
/// (Adelson-Velsky and Landis; persistence as in Okasaki, "Purely Functional Data Structures").
/// Values are shared pointers, so a snapshot keeps alive what it shows. One writer; any number of
/// threads may read copies of their own.
template <class K, class V>
class PersistentMap {
public:
    using Value = std::shared_ptr<V const>;

    std::size_t size() const { return size_of(root_); }

    bool empty() const { return root_ == nullptr; }

    /// The value under `key`, or nullptr.
    Value find(K const& key) const {
        auto const* node = root_.get();
        while (node != nullptr) {
            if (key < node->key) {
                node = node->left.get();
            } else if (node->key < key) {
                node = node->right.get();
            } else {
                return node->value;
            }
        }
        return nullptr;
    }

    bool contains(K const& key) const { return find(key) != nullptr; }

    void put(K const& key, Value value) { root_ = put(root_, key, std::move(value)); }

    void erase(K const& key) {
        if (contains(key)) root_ = erase(root_, key);
    }

    /// Calls f(key, value) for every entry, in the order of keys.
    template <class F>
    void for_each(F&& f) const {
        walk(root_.get(), f);
    }

    /// Calls f(key, value), in order, for the entries whose key text starts with `prefix`.
    template <class F>
    void for_prefix(std::string_view prefix, F&& f) const {
        walk_prefix(root_.get(), prefix, f);
    }

    /// Calls f(key, before, after) for every entry that differs between two maps, in no particular
    /// order; a null pointer stands for an entry that is not there. Values are the same when they
    /// are one object. Costs as much as differs, when one map was made from the other.
    template <class F>
    static void diff(PersistentMap const& before, PersistentMap const& after, F&& f) {
        Cursor a(before.root_.get());
        Cursor b(after.root_.get());
        for (;;) {
            skip_shared(a, b);
            auto const* old = a.node();
            auto const* now = b.node();
            if (old == nullptr && now == nullptr) return;
            if (now == nullptr || (old != nullptr && old->key < now->key)) {
                f(old->key, old->value, Value{});
                a.advance();
            } else if (old == nullptr || now->key < old->key) {
                f(now->key, Value{}, now->value);
                b.advance();
            } else {
                if (old->value != now->value) f(now->key, old->value, now->value);
                a.advance();
                b.advance();
            }
        }
    }

private:
    struct Node;
    using Link = std::shared_ptr<Node const>;

    struct Node {
        K key;
        Value value;
        Link left;
        Link right;
        std::size_t size;
        int height;
    };

    /// Walks a tree in the order of keys. What is still to come is a stack of whole subtrees and of
    /// single entries, so that a subtree can be left out without a look into it.
    class Cursor {
    public:
        explicit Cursor(Node const* root) { push(root); }

        /// The subtree that comes next as a whole, or nullptr when a single entry does.
        Node const* subtree() const {
            return stack_.empty() || stack_.back().single ? nullptr : stack_.back().node;
        }

        int height() const { return subtree() == nullptr ? 0 : subtree()->height; }

        void skip() { stack_.pop_back(); }

        /// Replaces the next subtree by its parts.
        void open() {
            auto const* n = stack_.back().node;
            stack_.pop_back();
            push(n->right.get());
            stack_.push_back({n, true});
            push(n->left.get());
        }

        /// The next entry, nullptr at the end.
        Node const* node() {
            while (subtree() != nullptr) open();
            return stack_.empty() ? nullptr : stack_.back().node;
        }

        void advance() { stack_.pop_back(); }

    private:
        struct Item {
            Node const* node;
            bool single;
        };

        void push(Node const* n) {
            if (n != nullptr) stack_.push_back({n, false});
        }

        std::vector<Item> stack_;
    };

    /// Passes over what both walks have in common next. The taller of two subtrees is opened, since
    /// the other one may be a part of it.
    static void skip_shared(Cursor& a, Cursor& b) {
        while (a.subtree() != nullptr && b.subtree() != nullptr) {
            if (a.subtree() == b.subtree()) {
                a.skip();
                b.skip();
            } else {
                auto const taller = a.height() - b.height();
                if (taller >= 0) a.open();
                if (taller <= 0) b.open();
            }
        }
    }

    static std::size_t size_of(Link const& n) { return n ? n->size : 0; }

    static int height_of(Link const& n) { return n ? n->height : 0; }

    static Link make(K const& key, Value value, Link left, Link right) {
        auto const size = 1 + size_of(left) + size_of(right);
        auto const height = 1 + std::max(height_of(left), height_of(right));
        return std::make_shared<Node>(
            Node{key, std::move(value), std::move(left), std::move(right), size, height}
        );
    }

    static Link balance(K const& key, Value value, Link left, Link right) {
        if (height_of(left) > height_of(right) + 1) {
            if (height_of(left->left) >= height_of(left->right)) {
                return make(
                    left->key,
                    left->value,
                    left->left,
                    make(key, std::move(value), left->right, std::move(right))
                );
            }
            auto const pivot = left->right;
            return make(
                pivot->key,
                pivot->value,
                make(left->key, left->value, left->left, pivot->left),
                make(key, std::move(value), pivot->right, std::move(right))
            );
        }
        if (height_of(right) > height_of(left) + 1) {
            if (height_of(right->right) >= height_of(right->left)) {
                return make(
                    right->key,
                    right->value,
                    make(key, std::move(value), std::move(left), right->left),
                    right->right
                );
            }
            auto const pivot = right->left;
            return make(
                pivot->key,
                pivot->value,
                make(key, std::move(value), std::move(left), pivot->left),
                make(right->key, right->value, pivot->right, right->right)
            );
        }
        return make(key, std::move(value), std::move(left), std::move(right));
    }

    static Link put(Link const& n, K const& key, Value value) {
        if (!n) return make(key, std::move(value), nullptr, nullptr);
        if (key < n->key)
            return balance(n->key, n->value, put(n->left, key, std::move(value)), n->right);
        if (n->key < key)
            return balance(n->key, n->value, n->left, put(n->right, key, std::move(value)));
        return make(key, std::move(value), n->left, n->right);
    }

    static Link erase(Link const& n, K const& key) {
        if (key < n->key) return balance(n->key, n->value, erase(n->left, key), n->right);
        if (n->key < key) return balance(n->key, n->value, n->left, erase(n->right, key));
        if (!n->left) return n->right;
        if (!n->right) return n->left;
        auto const* least = n->right.get();
        while (least->left) least = least->left.get();
        return balance(least->key, least->value, n->left, erase(n->right, least->key));
    }

    template <class F>
    static void walk(Node const* n, F& f) {
        if (n == nullptr) return;
        walk(n->left.get(), f);
        f(n->key, n->value);
        walk(n->right.get(), f);
    }

    template <class F>
    static void walk_prefix(Node const* n, std::string_view prefix, F& f) {
        if (n == nullptr) return;
        std::string_view const text = n->key.str();
        bool const inside = text.starts_with(prefix);
        if (inside || prefix < text) walk_prefix(n->left.get(), prefix, f);
        if (inside) f(n->key, n->value);
        if (inside || text < prefix) walk_prefix(n->right.get(), prefix, f);
    }

    Link root_;
};

} // namespace kontena::core
