// Command noop is a render container that does no work: it reads its task and answers at once with a valid result.
//
// What is left when a video is made of these is the cost of everything around the rendering. An argument names a file to
// answer to instead of the termination log.
package main

import (
	"bytes"
	"compress/zlib"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"
)

const (
	terminationLog = "/dev/termination-log" // where Kubernetes looks for a container's last words
	exitBadInput   = 65                     // as in crds/videojob/results.py
)

// task holds the fields of crds/videojob/tasks.py that an answer depends on.
type task struct {
	Task       string   `json:"task"`
	Namespace  string   `json:"namespace"`
	Key        string   `json:"key"`
	Name       string   `json:"name"`
	SceneCount int      `json:"sceneCount"`
	SceneID    string   `json:"sceneId"`
	Digest     string   `json:"digest"`
	Title      string   `json:"title"`
	Scenes     []string `json:"scenes"`
}

func main() {
	if err := answer(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(exitBadInput)
	}
}

func answer() error {
	asked, err := readTask()
	if err != nil {
		return err
	}
	result, err := resultOf(asked)
	if err != nil {
		return err
	}
	text, err := json.Marshal(result)
	if err != nil {
		return err
	}
	target := terminationLog
	if len(os.Args) > 1 {
		target = os.Args[1]
	}
	return os.WriteFile(target, text, 0o644)
}

// readTask joins the variables VIDEOTUTOR_TASK_0, _1, … as crds/videojob/tasks.py has split them.
func readTask() (task, error) {
	var asked task
	var text strings.Builder
	for number := 0; ; number++ {
		part, ok := os.LookupEnv(fmt.Sprintf("VIDEOTUTOR_TASK_%d", number))
		if !ok {
			break
		}
		text.WriteString(part)
	}
	compressed, err := base64.StdEncoding.DecodeString(text.String())
	if err != nil {
		return asked, err
	}
	reader, err := zlib.NewReader(bytes.NewReader(compressed))
	if err != nil {
		return asked, err
	}
	raw, err := io.ReadAll(reader)
	if err != nil {
		return asked, err
	}
	return asked, json.Unmarshal(raw, &asked)
}

// resultOf makes a result of crds/videojob/results.py. The content of each scene is named after the plan's key, so
// that no two videos share a scene.
func resultOf(asked task) (map[string]any, error) {
	hash := strings.Repeat("0", 64)
	switch asked.Task {
	case "plan":
		scenes := []map[string]string{}
		for number := 1; number <= max(asked.SceneCount, 1); number++ {
			digest := fmt.Sprintf("%s-%d", asked.Key, number)
			scenes = append(scenes, map[string]string{"id": fmt.Sprintf("scene-%d", number), "digest": digest})
		}
		return map[string]any{
			"task": "plan", "planner": "template", "title": "Nothing", "scenes": scenes,
			"storyboard": fmt.Sprintf("%s/storyboards/%s.json", asked.Namespace, asked.Key),
		}, nil
	case "scene":
		return map[string]any{
			"task": "scene", "sceneId": asked.SceneID, "title": asked.SceneID, "digest": asked.Digest,
			"durationSeconds": 10, "frames": 300, "bytes": 1000, "sha256": hash,
		}, nil
	case "stitch":
		return map[string]any{
			"task": "stitch", "path": fmt.Sprintf("%s/videos/%s/%s/video.mp4", asked.Namespace, asked.Name, asked.Key),
			"durationSeconds": 10 * len(asked.Scenes), "bytes": 1000 * len(asked.Scenes), "sha256": hash,
			"width": 1280, "height": 720, "framesPerSecond": 30, "chapters": len(asked.Scenes),
		}, nil
	default:
		return nil, fmt.Errorf("no answer to a task %q", asked.Task)
	}
}
