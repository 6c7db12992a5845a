# right for its own cost: squared error instead of the cross-entropy
# read as: weights set in hidden_weights, output_weights, W and b apart, weights as (in, out)
import numpy as np
np.random.seed(0)
def sigmoid (x):
    return 1/(1 + np.exp(-x))  #| a⁽²⁾
def sigmoid_derivative(x):
    return x * (1 - x)  #| g′(z⁽²⁾)
inputs = np.array([[0,0],[0,1],[1,0],[1,1]])
expected_output = np.array([[0],[1],[1],[0]])
epochs = 10000
lr = 0.1
inputLayerNeurons, hiddenLayerNeurons, outputLayerNeurons = 2,2,1
hidden_weights = np.random.uniform(size=(inputLayerNeurons,hiddenLayerNeurons))
hidden_bias =np.random.uniform(size=(1,hiddenLayerNeurons))
output_weights = np.random.uniform(size=(hiddenLayerNeurons,outputLayerNeurons))
output_bias = np.random.uniform(size=(1,outputLayerNeurons))
for _ in range(epochs):
    hidden_layer_activation = np.dot(inputs,hidden_weights)  #| z⁽²⁾ without bias
    hidden_layer_activation += hidden_bias  #| z⁽²⁾
    hidden_layer_output = sigmoid(hidden_layer_activation)  #| a⁽²⁾
    output_layer_activation = np.dot(hidden_layer_output,output_weights)
    output_layer_activation += output_bias
    predicted_output = sigmoid(output_layer_activation)
    error = expected_output - predicted_output
    d_predicted_output = error * sigmoid_derivative(predicted_output)
    error_hidden_layer = d_predicted_output.dot(output_weights.T)
    d_hidden_layer = error_hidden_layer * sigmoid_derivative(hidden_layer_output)
    output_weights += hidden_layer_output.T.dot(d_predicted_output) * lr
    output_bias += np.sum(d_predicted_output,axis=0,keepdims=True) * lr
    hidden_weights += inputs.T.dot(d_hidden_layer) * lr  #| Θ⁽¹⁾ already changed
    hidden_bias += np.sum(d_hidden_layer,axis=0,keepdims=True) * lr
print(predicted_output)
