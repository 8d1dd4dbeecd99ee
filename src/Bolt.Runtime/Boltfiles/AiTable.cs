namespace Bolt.Boltfiles;

/// <summary><c>[services.NAME.ai_config]</c>. Read and kept; nothing acts on it yet.</summary>
public sealed record AiTable
{
    /// <summary>"ollama", "localai", "vllm"…</summary>
    public string? Backend { get; init; }
    /// <summary>Model to load.</summary>
    public string? ModelName { get; init; }
    /// <summary>Tokens.</summary>
    public int? ContextLength { get; init; }
    /// <summary>Requests at once.</summary>
    public int? BatchSize { get; init; }
    /// <summary>"int4", "fp16"…</summary>
    public string? Quantization { get; init; }
    /// <summary>Spread over all GPUs.</summary>
    public bool? MultiGpu { get; init; }
    /// <summary>Flash attention.</summary>
    public bool? FlashAttention { get; init; }
    /// <summary>Key-value cache.</summary>
    public bool? KvCache { get; init; }

    internal static AiTable Read(TomlTable table)
    {
        var ai = new AiTable
        {
            Backend = table.Text("backend"),
            ModelName = table.Text("model_name"),
            ContextLength = table.Integer("context_length", 1),
            BatchSize = table.Integer("batch_size", 1),
            Quantization = table.Text("quantization"),
            MultiGpu = table.Flag("multi_gpu"),
            FlashAttention = table.Flag("enable_flash_attention"),
            KvCache = table.Flag("enable_kv_cache"),
        };
        table.Free("model_size", "tensor_parallel", "gpu_layers", "max_memory", "temperature", "top_p", "model_path");
        table.RefuseOthers();
        return ai;
    }
}
