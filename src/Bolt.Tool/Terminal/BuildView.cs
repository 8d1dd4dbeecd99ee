using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using Bolt.Builds;
using Bolt.Diagnostics;

namespace Bolt.Tool.Terminal;

/// <summary>What a build shows while it goes on: each step with what its command writes.</summary>
internal abstract class BuildView : IProgress<BuildEvent>
{
    private readonly Lock _lock = new();

    public static BuildView For(Screen screen, bool json, string? progress) =>
        json ? new JsonView(screen) : progress == "quiet" ? new QuietView(screen) : new LinesView(screen);

    /// <summary>The image as a program reads it.</summary>
    public static string Line(BuiltImage image) => JsonSerializer.Serialize(
        new BuildLine("built") { Id = image.Id, Tags = [.. image.Tags], Size = image.Size, Layers = image.Layers }, BuildJson.Default.BuildLine);

    public void Report(BuildEvent value)
    {
        lock (_lock)
        {
            Show(value);
        }
    }

    protected abstract void Show(BuildEvent value);

    private sealed class LinesView(Screen screen) : BuildView
    {
        private string _fetching = "";
        private readonly Dictionary<int, string> _texts = [];

        protected override void Show(BuildEvent value)
        {
            switch (value)
            {
                case BuildEvent.Warned e:
                    DiagnosticView.Show(screen, e.Diagnostic);
                    break;
                case BuildEvent.Fetching e when e.Text != _fetching:
                    _fetching = e.Text;
                    screen.Say(e.Text);
                    break;
                case BuildEvent.StepStarted e:
                    _texts[e.Step] = e.Text;
                    screen.Say(string.Create(CultureInfo.InvariantCulture, $"#{e.Step} [{e.Stage} {e.Step}/{e.Steps}] {e.Text}"));
                    break;
                case BuildEvent.StepOutput e:
                    screen.Say(string.Create(CultureInfo.InvariantCulture, $"#{e.Step} {screen.Talk.Tint(e.Line, Pen.Dim)}"));
                    break;
                case BuildEvent.StepDone { Cached: true } e when !_texts.GetValueOrDefault(e.Step, "").StartsWith("FROM", StringComparison.OrdinalIgnoreCase):
                    screen.Say(string.Create(CultureInfo.InvariantCulture, $"#{e.Step} {screen.Talk.Tint("cached", Pen.Green)}"));
                    break;
                case BuildEvent.StepDone e:
                    screen.Say(string.Create(CultureInfo.InvariantCulture, $"#{e.Step} done {e.Elapsed.TotalSeconds:0.00} s"));
                    break;
            }
        }
    }

    private sealed class QuietView(Screen screen) : BuildView
    {
        protected override void Show(BuildEvent value)
        {
            if (value is BuildEvent.Warned { Diagnostic: { Severity: Severity.Error } error })
            {
                DiagnosticView.Show(screen, error);
            }
        }
    }

    private sealed class JsonView(Screen screen) : BuildView
    {
        protected override void Show(BuildEvent value)
        {
            BuildLine? line = value switch
            {
                BuildEvent.StepStarted e => new("stepStarted") { Step = e.Step, Steps = e.Steps, Stage = e.Stage, Text = e.Text },
                BuildEvent.StepOutput e => new("stepOutput") { Step = e.Step, Text = e.Line, Error = e.IsError },
                BuildEvent.StepDone e => new("stepDone") { Step = e.Step, Cached = e.Cached, Seconds = e.Elapsed.TotalSeconds },
                BuildEvent.Fetching e => new("fetching") { Text = e.Text, Done = e.Done, Total = e.Total },
                _ => null,
            };
            if (line is not null)
            {
                screen.Data(JsonSerializer.Serialize(line, BuildJson.Default.BuildLine));
            }
            else if (value is BuildEvent.Warned warned)
            {
                DiagnosticView.Show(screen, warned.Diagnostic);
            }
        }
    }
}

/// <summary>One line of `bolt build --json`.</summary>
internal sealed record BuildLine(string Event)
{
    public int? Step { get; init; }
    public int? Steps { get; init; }
    public string? Stage { get; init; }
    public string? Text { get; init; }
    public bool? Error { get; init; }
    public bool? Cached { get; init; }
    public double? Seconds { get; init; }
    public long? Done { get; init; }
    public long? Total { get; init; }
    public string? Id { get; init; }
    public string[]? Tags { get; init; }
    public long? Size { get; init; }
    public int? Layers { get; init; }
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(BuildLine))]
internal sealed partial class BuildJson : JsonSerializerContext;
