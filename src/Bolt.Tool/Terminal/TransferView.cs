using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using Bolt.Images;
using Spectre.Console;

namespace Bolt.Tool.Terminal;

/// <summary>What a pull or push shows while it goes on: bars that move on a terminal, a line per layer elsewhere, JSON for programs.</summary>
internal abstract class TransferView : IProgress<TransferEvent>
{
    public static TransferView For(Screen screen, bool json) => json ? new Json(screen) : screen.IsLive ? new Live(screen) : new Lines(screen);

    public abstract void Report(TransferEvent value);

    /// <summary>Shows while the work goes on; its end is the view's.</summary>
    public virtual Task<T> ShowAsync<T>(Func<Task<T>> work) => work();

    private static string Short(string digest) => Words.ShortDigest(digest);

    private static string Trouble(TransferEvent.Waiting e) => e.Wait > TimeSpan.Zero
        ? string.Create(CultureInfo.InvariantCulture, $"{e.Host}: {e.Reason}; again in {e.Wait.TotalSeconds:0.#} s")
        : $"{e.Host}: {e.Reason}";

    private sealed class Lines(Screen screen) : TransferView
    {
        private readonly Lock _lock = new();

        public override void Report(TransferEvent value)
        {
            lock (_lock)
            {
                switch (value)
                {
                    case TransferEvent.Resolved e:
                        screen.Say($"{e.Reference}: {e.Digest}, {(e.Layers == 1 ? "1 layer" : $"{e.Layers} layers")}, {Words.Size(e.Size)}");
                        break;
                    case TransferEvent.LayerDone e:
                        screen.Say($"{Short(e.Digest)}: {(e.Moved ? "done" : "already there")}");
                        break;
                    case TransferEvent.Waiting e:
                        screen.Say(Trouble(e));
                        break;
                }
            }
        }
    }

    private sealed class Json(Screen screen) : TransferView
    {
        private readonly Lock _lock = new();

        public override void Report(TransferEvent value)
        {
            lock (_lock)
            {
                screen.Data(value switch
                {
                    TransferEvent.Resolved e => JsonSerializer.Serialize(new TransferLine("resolved") { Reference = e.Reference, Digest = e.Digest, Layers = e.Layers, Total = e.Size }, TransferJson.Default.TransferLine),
                    TransferEvent.LayerMoved e => JsonSerializer.Serialize(new TransferLine("layerMoved") { Digest = e.Digest, Done = e.Done, Total = e.Total }, TransferJson.Default.TransferLine),
                    TransferEvent.LayerDone e => JsonSerializer.Serialize(new TransferLine("layerDone") { Digest = e.Digest, Moved = e.Moved }, TransferJson.Default.TransferLine),
                    TransferEvent.Waiting e => JsonSerializer.Serialize(new TransferLine("waiting") { Host = e.Host, Reason = e.Reason, Seconds = e.Wait.TotalSeconds }, TransferJson.Default.TransferLine),
                    _ => throw new System.Diagnostics.UnreachableException(),
                });
            }
        }
    }

    private sealed class Live(Screen screen) : TransferView
    {
        private readonly Dictionary<string, ProgressTask> _bars = [];
        private readonly Lock _lock = new();
        private ProgressContext? _shown;

        public override async Task<T> ShowAsync<T>(Func<Task<T>> work)
        {
            var console = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(screen.Error), Ansi = AnsiSupport.Yes, Interactive = InteractionSupport.Yes });
            return await console.Progress()
                .Columns(new TaskDescriptionColumn { Alignment = Justify.Left }, new ProgressBarColumn(), new DownloadedColumn { Culture = CultureInfo.InvariantCulture }, new TransferSpeedColumn { Culture = CultureInfo.InvariantCulture })
                .StartAsync(async shown =>
                {
                    _shown = shown;
                    return await work();
                });
        }

        public override void Report(TransferEvent value)
        {
            lock (_lock)
            {
                switch (value)
                {
                    case TransferEvent.LayerMoved e:
                        Bar(e.Digest, e.Total).Value = e.Done;
                        break;
                    case TransferEvent.LayerDone e:
                        var bar = Bar(e.Digest, 1);
                        bar.Value = bar.MaxValue;
                        bar.Description = $"{Short(e.Digest)} {(e.Moved ? "done" : "already there")}";
                        break;
                    case TransferEvent.Waiting e:
                        AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(screen.Error) }).WriteLine(Trouble(e));
                        break;
                }
            }
        }

        private ProgressTask Bar(string digest, long total) =>
            _bars.TryGetValue(digest, out var bar) ? bar : _bars[digest] = _shown!.AddTask(Short(digest), maxValue: Math.Max(total, 1));
    }
}

/// <summary>One event of a pull or push, for programs.</summary>
internal sealed record TransferLine(string Event)
{
    public string? Reference { get; init; }
    public string? Digest { get; init; }
    public int? Layers { get; init; }
    public long? Done { get; init; }
    public long? Total { get; init; }
    public bool? Moved { get; init; }
    public string? Host { get; init; }
    public string? Reason { get; init; }
    public double? Seconds { get; init; }
}

/// <summary>An image, for programs.</summary>
internal sealed record ImageLine(string Reference, string Id, string? Digest, long Size, int Layers, DateTimeOffset? Created)
{
    public static string Of(ImageSummary i) =>
        JsonSerializer.Serialize(new ImageLine(i.Reference, i.Id, i.Digest, i.Size, i.Layers, i.Created), TransferJson.Default.ImageLine);
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(TransferLine))]
[JsonSerializable(typeof(ImageLine))]
internal sealed partial class TransferJson : JsonSerializerContext;
