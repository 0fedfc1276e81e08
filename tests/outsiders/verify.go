// Judges what a gateway published with Go's own golang.org/x/mod/sumdb: note for checkpoints, tlog for
// proofs and tiles. Reads a file of claims (claims.py) and prints for each whether it holds, as a line of JSON.
package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

const (
	tileHeight = 8                        // 256 hashes to a tile
	sumdbFirst = "go.sum database tree\n" // what tlog.ParseTree wants where C2SP has the log's own name
)

type leaf struct {
	Index int64  `json:"index"`
	Data  []byte `json:"data"`
}

type claim struct {
	Name     string      `json:"name"`
	Kind     string      `json:"kind"`
	Note     string      `json:"note"`
	Earlier  string      `json:"earlier"`
	Leaves   []leaf      `json:"leaves"`
	Hashes   []tlog.Hash `json:"hashes"`
	Tiles    string      `json:"tiles"`
	FlipTile bool        `json:"flip_tile"`
}

type verdict struct {
	Name  string `json:"name"`
	Holds bool   `json:"holds"`
	Why   string `json:"why"`
}

func main() {
	var given struct {
		Verifier string  `json:"verifier"`
		Claims   []claim `json:"claims"`
	}
	content, err := os.ReadFile(os.Args[1])
	if err == nil {
		err = json.Unmarshal(content, &given)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	verifier, err := note.NewVerifier(given.Verifier)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	out := json.NewEncoder(os.Stdout)
	for _, each := range given.Claims {
		why := "ok"
		err := judge(each, verifier)
		if err != nil {
			why = err.Error()
		}
		out.Encode(verdict{each.Name, err == nil, why})
	}
}

func judge(c claim, verifier note.Verifier) error {
	tree, err := open(c.Note, verifier)
	if err != nil {
		return err
	}
	switch c.Kind {
	case "checkpoint":
		return nil
	case "inclusion":
		one := c.Leaves[0]
		return tlog.CheckRecord(tlog.RecordProof(c.Hashes), tree.N, tree.Hash, one.Index, tlog.RecordHash(one.Data))
	case "consistency":
		earlier, err := open(c.Earlier, verifier)
		if err != nil {
			return err
		}
		return tlog.CheckTree(tlog.TreeProof(c.Hashes), tree.N, tree.Hash, earlier.N, earlier.Hash)
	case "tiles":
		return judgeTiles(c, tree)
	}
	return errors.New("unknown kind of claim")
}

// open returns the tree head of a note that the log's key signed.
func open(text string, verifier note.Verifier) (tlog.Tree, error) {
	opened, err := note.Open([]byte(text), note.VerifierList(verifier))
	if err != nil {
		return tlog.Tree{}, err
	}
	origin, rest, _ := strings.Cut(opened.Text, "\n")
	if origin != verifier.Name() {
		return tlog.Tree{}, errors.New("the checkpoint is another log's")
	}
	return tlog.ParseTree([]byte(sumdbFirst + rest))
}

// judgeTiles finds every leaf where the claim says, in tiles that TileHashReader proves to be the tree's,
// and makes a proof of each out of the tiles.
func judgeTiles(c claim, tree tlog.Tree) error {
	reader := tlog.TileHashReader(tree, &tiles{c.Tiles, c.FlipTile})
	root, err := tlog.TreeHash(tree.N, reader)
	if err != nil {
		return err
	}
	if root != tree.Hash {
		return errors.New("the tiles have another root")
	}
	for _, one := range c.Leaves {
		hashes, err := reader.ReadHashes([]int64{tlog.StoredHashIndex(0, one.Index)})
		if err != nil {
			return err
		}
		if hashes[0] != tlog.RecordHash(one.Data) {
			return fmt.Errorf("leaf %d is another in the tiles", one.Index)
		}
		proof, err := tlog.ProveRecord(tree.N, one.Index, reader)
		if err != nil {
			return err
		}
		if err := tlog.CheckRecord(proof, tree.N, tree.Hash, one.Index, hashes[0]); err != nil {
			return err
		}
	}
	return nil
}

type tiles struct {
	base string
	flip bool
}

func (t *tiles) Height() int                         { return tileHeight }
func (t *tiles) SaveTiles(_ []tlog.Tile, _ [][]byte) {}

func (t *tiles) ReadTiles(wanted []tlog.Tile) ([][]byte, error) {
	var found [][]byte
	for _, tile := range wanted {
		data, err := t.fetch(tile)
		if err != nil {
			return nil, err
		}
		found = append(found, data)
	}
	return found, nil
}

func (t *tiles) fetch(tile tlog.Tile) ([]byte, error) {
	// C2SP paths have no height.
	path := strings.TrimPrefix(tile.Path(), fmt.Sprintf("tile/%d/", tileHeight))
	answer, err := http.Get(t.base + path)
	if err != nil {
		return nil, err
	}
	defer answer.Body.Close()
	data, err := io.ReadAll(answer.Body)
	if err != nil {
		return nil, err
	}
	if answer.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("tile %s: %s", path, answer.Status)
	}
	if t.flip && len(data) > 0 {
		data[len(data)-1] ^= 1
	}
	return data, nil
}
